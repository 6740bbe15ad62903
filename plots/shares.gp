# Who got the requests: share of each backend, a panel a policy; the line is an equal share.
# Redraw by hand:  cd plots && gnuplot shares.gp
px(y) = 1 - y/(1.0*height)
draw(t) = t==1 ? begin_svg("shares") : begin_png("shares")
do for [t=1:2] {
  load "style.gp"               # anew for each: a multiplot leaves its last panel's settings behind
  load "shares-settings.gp"
  eval draw(t)
  set multiplot
  set lmargin screen 0.085; set rmargin screen rmargin
  set label 1 headline at screen 0.02,px(36) font fn.",15" tc rgb c_ink
  set label 2 subtitle at screen 0.02,px(70) font fn.",10" tc rgb c_mute noenhanced
  set xrange [-0.6:backends-0.4]; set yrange [0:ymax]
  set style fill solid 0.85 noborder; set boxwidth 0.78
  set format y "%g %%"; set ytics ystep; set grid noxtics
  do for [k=1:n] {
    top = 110 + (k-1)*(panel_height+28)
    set tmargin screen px(top); set bmargin screen px(top+panel_height)
    if (k==n && !named) { set xtics format "%g" } else { set xtics format ""; set xtics scale 0 }
    if (k==n) { set xlabel xtitle offset 0,(named ? -0.6 : 0.2) }
    if (k==n) { set for [i=1:named] label 300+i backend[i] at first i-1,graph 0 offset 0,-0.8 center tc rgb c_mute font fn.",9" noenhanced }
    set label 20 name[k] at graph 1.012,graph 0.88 tc rgb colour[k] font fn.",10.5"
    set label 21 note[k] at graph 1.012,graph 0.88 offset 0,-1.1 tc rgb c_mute font fn.",9" noenhanced
    set arrow 1 from graph 0,first equal to graph 1,first equal nohead lc rgb c_ink lw 1.2 dt (6,5) front
    plot "shares.dat" using "backend":(column(sprintf("share%d",k))) with boxes lc rgb colour[k]
    unset label 1; unset label 2
  }
  unset multiplot
}
unset output
