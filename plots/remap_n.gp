# How many keys change their backend, by the number of backends; dashed: those that have to.
# Redraw by hand:  cd plots && gnuplot remap_n.gp
load "style.gp"
load "remap_n-settings.gp"
set lmargin screen 0.085; set rmargin screen rmargin; set tmargin screen 0.83; set bmargin screen 0.15
set label 1 headline at screen 0.02,0.945 font fn.",15" tc rgb c_ink
set label 2 subtitle at screen 0.02,0.892 font fn.",10" tc rgb c_mute noenhanced
set logscale x 2; set logscale y 10
set xrange [xmin:xmax]; set yrange [ymin:ymax]
unset mxtics; unset mytics
set xlabel "backends before the change, N (log scale)" offset 0,-0.3
set ylabel "keys that change their backend (log scale)" offset 0,0
set for [k=1:n] label 100+k name[k] at graph 1.012,graph label_y[k] tc rgb (k==n ? c_mute : colour[k]) font fn.",10.5"
set for [k=1:n] label 200+k note[k] at graph 1.012,graph label_y[k]-0.036 tc rgb c_mute font fn.",9" noenhanced
do for [t=1:2] {
  if (t==1) { eval begin_svg("remap_n") } else { eval begin_png("remap_n") }
  plot "remap_n.dat" using "backends":"unavoidable" with lines lt 8, \
       for [k=1:n-1] "remap_n.dat" using "backends":(column(sprintf("moved%d",k))) with linespoints lc rgb colour[k] lw 2.2 dt dash[k] pt 7 ps 0.7
}
unset output
