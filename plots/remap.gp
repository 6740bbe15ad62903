# How many keys changed their backend: a bar a policy and event, a tick where it had to be.
# Redraw by hand:  cd plots && gnuplot remap.gp
load "style.gp"
load "remap-settings.gp"
px(y) = 1 - y/(1.0*height)
set lmargin screen lmargin; set rmargin screen rmargin; set tmargin screen px(100); set bmargin screen px(height-70)
set label 1 headline at screen 0.02,px(36) font fn.",15" tc rgb c_ink
set label 2 subtitle at screen 0.02,px(70) font fn.",10" tc rgb c_mute noenhanced
set xrange [0:xmax]; set yrange [n-0.4:-0.6]
set format x "%g %%"; unset ytics; set grid noytics
set xlabel "keys that changed their backend" offset 0,-0.3
set for [k=1:n] label 100+k name[k] at graph 0,first k-1 offset character -0.8,0 right tc rgb colour[k] font fn.",10.5"
set for [k=1:n] label 200+k note[k] at graph 1.012,first k-1 tc rgb c_mute font fn.",9.5" noenhanced
set style fill solid 0.85 noborder
do for [t=1:2] {
  if (t==1) { eval begin_svg("remap") } else { eval begin_png("remap") }
  plot for [k=1:n] "remap.dat" using (column("moved")/2):"row":(column("moved")/2):(0.3) every ::(k-1)::(k-1) with boxxyerror lc rgb colour[k], \
       "remap.dat" using "unavoidable":(column("row")-0.42):(0):(0.84) with vectors nohead lc rgb c_ink lw 2.5
}
unset output
