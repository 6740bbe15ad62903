# What the scenario says it is about (measure.show), over time: a panel a metric, a line a policy.
# Redraw by hand:  cd plots && gnuplot shown.gp
px(y) = 1 - y/(1.0*height)      # pixels from the top -> screen
draw(t) = t==1 ? begin_svg("shown") : begin_png("shown")
do for [t=1:2] {
  load "style.gp"               # anew for each: a multiplot leaves its last panel's settings behind
  load "shown-settings.gp"
  eval draw(t)
  set multiplot
  set lmargin screen 0.085; set rmargin screen rmargin
  set label 1 headline at screen 0.02,px(36) font fn.",15" tc rgb c_ink
  set label 2 subtitle at screen 0.02,px(70) font fn.",10" tc rgb c_mute noenhanced
  set xrange [0:tmax]; unset mytics
  do for [m=1:panels] {
    top = panel_top + (m-1)*panel_step
    set tmargin screen px(top); set bmargin screen px(top+panel_height)
    set yrange [0:most[m]]; set ytics step[m]
    if (m==panels) { set format x "%g s"; set xlabel "simulated time" offset 0,0.2 tc rgb c_ink } else { set format x ""; unset xlabel }
    set label 3 panel[m] at graph 0,1.1 offset character 0,(m==1 && events ? 2.2 : 0) font fn.",10.5" tc rgb c_ink noenhanced
    do for [e=1:events] {
      if (ends[e] > begins[e]) { set object e rect from begins[e],graph 0 to ends[e],graph 1 fc rgb "#FDECEA" fs solid noborder behind }
      set arrow e from begins[e],graph 0 to begins[e],graph 1 nohead lc rgb c_bad lw 1.2
    }
    if (warmup > 0) { set object 900 rect from 0,graph 0 to warmup,graph 1 fc rgb "#F1F3F5" fs solid noborder behind }
    if (m==1) {
      do for [e=1:events] { set label 1000+e event[e] at begins[e],graph 1.06+0.12*row[e] offset character 0.4,0 font fn.",9.5" tc rgb c_bad noenhanced }
      set for [k=1:n] label 100+k name[k] at graph 1.012,graph label_y[k] tc rgb colour[k] font fn.",10.5"
    }
    plot for [k=1:n] "shown.dat" using "t_s":(column(sprintf("v%d_%d",m,k))) with linespoints lc rgb colour[k] lw 1.9 dt dash[k] pt 7 ps 0.15
    unset label; unset arrow; unset object
  }
  unset multiplot
}
unset output
