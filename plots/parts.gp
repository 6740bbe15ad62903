# Where the time went: a bar a policy, of the parts that add up to its mean latency.
# Redraw by hand:  cd plots && gnuplot parts.gp
load "style.gp"
load "parts-settings.gp"
set lmargin screen lmargin; set rmargin screen 0.965
set tmargin screen 1 - 142/(1.0*height); set bmargin screen 66/(1.0*height)
set label 1 headline at screen 0.02,screen 1 - 36/(1.0*height) font fn.",15" tc rgb c_ink
set label 2 subtitle at screen 0.02,screen 1 - 70/(1.0*height) font fn.",10" tc rgb c_mute noenhanced
set xrange [0:xmax]; set yrange [0.4:n+0.6]
unset ytics; set grid noytics
set xlabel "mean time, ".unit offset 0,0.2 noenhanced
set for [k=1:n] label 100+k name[k] at graph 0,first n-k+1 offset -1,0 right tc rgb colour[k] font fn.",10.5"
set for [k=1:n] label 200+k mean[k] at first end[k],first n-k+1 offset 0.8,0 tc rgb c_mute font fn.",9.5" noenhanced
set for [i=1:parts] label 300+i "■ ".part[i] at screen lmargin+(i-1)*(0.113*parts < 0.965-lmargin ? 0.113 : (0.965-lmargin)/parts),screen 1 - 112/(1.0*height) tc rgb part_colour[i] font fn.",10" noenhanced
set style fill solid 0.9 noborder
do for [t=1:2] {
  if (t==1) { eval begin_svg("parts") } else { eval begin_png("parts") }
  plot for [i=1:parts] "parts.dat" using (column(sprintf("end%d",i-1))):"y":(column(sprintf("end%d",i-1))):(column(sprintf("end%d",i))):(column("y")-0.3):(column("y")+0.3) with boxxyerror lc rgb part_colour[i]
}
unset output
