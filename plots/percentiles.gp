# Response time by percentile: a curve a policy (all seeds pooled), a band from the least to the
# greatest seed, the SLO.  Redraw by hand:  cd plots && gnuplot percentiles.gp
load "style.gp"
load "percentiles-settings.gp"
set lmargin screen 0.085; set rmargin screen rmargin; set tmargin screen 0.83; set bmargin screen 0.15
set label 1 headline at screen 0.02,0.945 font fn.",15" tc rgb c_ink
set label 2 subtitle at screen 0.02,0.892 font fn.",10" tc rgb c_mute noenhanced
set logscale x 10; set logscale y 10
set xrange [1:xmax]; set yrange [ymin:ymax]
set xtics ("0 %%" 1, "50 %%" 2, "90 %%" 10, "99 %%" 100, "99.9 %%" 1000, "99.99 %%" 10000, "99.999 %%" 100000)
unset mxtics; unset mytics
set xlabel "percentile of requests, log scale of 1/(1-p)" offset 0,-0.3 noenhanced
set ylabel "response time (log scale)" offset 0,0
if (slo > 0) {
  set arrow 9 from 1,slo to xmax,slo nohead lc rgb c_bad lw 1.2 dt (10,7) back
  set label 9 slo_text at 1.15,slo offset 0,0.6 font fn.",9.5" tc rgb c_bad noenhanced
}
set for [k=1:n] label 100+k name[k] at graph 1.012,graph label_y[k] tc rgb colour[k] font fn.",10.5"
set for [k=1:n] label 200+k note[k] at graph 1.012,graph label_y[k]-0.036 tc rgb c_mute font fn.",9" noenhanced
set style fill transparent solid 0.14 noborder
data = "percentiles.dat"
do for [t=1:2] {
  if (t==1) { eval begin_svg("percentiles") } else { eval begin_png("percentiles") }
  plot for [k=1:n] data using "inv":(column(sprintf("low%d",k))):(column(sprintf("high%d",k))) with filledcurves lc rgb colour[k], \
       for [k=1:n] data using "inv":(column(sprintf("value%d",k))) with lines lc rgb colour[k] lw 2.2 dt dash[k]
}
unset output
