# The hockey stick: a metric along one axis, a curve a policy with its 95 % interval, the SLO and how
# far each policy meets it (ring), the knees (triangle), points whose percentile failed (cross).
# Redraw by hand:  cd plots && gnuplot sweep.gp
load "style.gp"
load "sweep-settings.gp"
set lmargin screen 0.085; set rmargin screen rmargin; set tmargin screen 0.83; set bmargin screen 0.15
set label 1 headline at screen 0.02,0.945 font fn.",15" tc rgb c_ink
set label 2 subtitle at screen 0.02,0.892 font fn.",10" tc rgb c_mute noenhanced
if (xlog) { set logscale x 10 }
if (ylog) { set logscale y 10 }
set xrange [xmin:xmax]; set yrange [ymin:ymax]
unset mxtics; unset mytics
set xlabel axis offset 0,-0.3 noenhanced
set ylabel plotted offset 0,0 noenhanced
if (has_slo) {
  set arrow 9 from xmin,slo to xmax,slo nohead lc rgb c_bad lw 1.2 dt (10,7) back
  side = slo_below ? -0.7 : 0.6
  if (slo_right) { set label 9 slo_text at graph 0.992,first slo right offset 0,side front font fn.",9.5" tc rgb c_bad noenhanced
  } else { set label 9 slo_text at graph 0.008,first slo left offset 0,side front font fn.",9.5" tc rgb c_bad noenhanced }
}
set for [k=1:n] label 100+k name[k] at graph 1.012,graph label_y[k] tc rgb colour[k] font fn.",10.5"
set for [k=1:n] label 200+k note[k] at graph 1.012,graph label_y[k]-0.036 tc rgb c_mute font fn.",9" noenhanced
set style fill transparent solid 0.16 noborder
set bars 0
shape(k) = int(word("7 5 9 13 11 15", (k-1)%6+1))
data = "sweep.dat"; marks = "sweep-marks.dat"
do for [t=1:2] {
  if (t==1) { eval begin_svg("sweep") } else { eval begin_png("sweep") }
  plot for [k=1:n] data using "x":(column(sprintf("low%d",k))):(column(sprintf("high%d",k))) with filledcurves lc rgb colour[k], \
       for [k=1:n] data using "x":(column(sprintf("gone%d",k))) with lines lc rgb colour[k] lw 1.6 dt (2,5), \
       for [k=1:n] data using "x":(column(sprintf("value%d",k))) with linespoints lc rgb colour[k] lw 2.2 dt dash[k] pt shape(k) ps 0.75, \
       for [k=1:n] data using "x":(column(sprintf("failed%d",k))) with points lc rgb colour[k] lw 2 pt 2 ps 1.1, \
       marks using "knee_x":"knee_y" with points pt 10 ps 1.9 lw 2 lc rgb c_ink, \
       for [k=1:n] marks using (column("curve")==k ? column("slo_x") : NaN):"slo_y":"slo_low":"slo_high" with xerrorbars pt 7 ps 0 lw 5 lc rgb colour[k], \
       marks using "slo_x":"slo_y" with points pt 6 ps 2 lw 2 lc rgb c_ink
}
unset output
