# What happens over time: a percentile per slice (top), and where it is slow (below): mean response
# time at each backend.  Redraw by hand:  cd plots && gnuplot timeline.gp
px(y) = 1 - y/(1.0*height)      # pixels from the top -> screen
draw(t) = t==1 ? begin_svg("timeline") : begin_png("timeline")
do for [t=1:2] {
  load "style.gp"               # anew for each: a multiplot leaves its last panel's settings behind
  load "timeline-settings.gp"
  eval draw(t)
  set multiplot
  set lmargin screen 0.085; set rmargin screen rmargin
  set label 1 headline at screen 0.02,px(36) font fn.",15" tc rgb c_ink
  set label 2 subtitle at screen 0.02,px(70) font fn.",10" tc rgb c_mute noenhanced
  set tmargin screen px(128); set bmargin screen px(374)
  set xrange [0:tmax]; set yrange [ymin:ymax]; set logscale y 10; unset mytics
  if (panels) { set format x "" } else { set format x "%g s"; set xlabel "simulated time" offset 0,-0.2 }
  set ylabel plotted." (log scale)" offset 0,0
  do for [e=1:events] {
    if (ends[e] > begins[e]) { set object e rect from begins[e],graph 0 to ends[e],graph 1 fc rgb "#FDECEA" fs solid noborder behind }
    set arrow e from begins[e],graph 0 to begins[e],graph 1.02+0.07*row[e] nohead lc rgb c_bad lw 1.2
    set label 1000+e event[e] at begins[e],graph 1.05+0.07*row[e] offset character 0.4,0 font fn.",9.5" tc rgb c_bad noenhanced
  }
  if (warmup > 0) {
    set object 900 rect from 0,graph 0 to warmup,graph 1 fc rgb "#F1F3F5" fs solid noborder behind
    set label 900 "warm-up" at 0,graph 1.05 font fn.",9" tc rgb c_mute
  }
  set for [k=1:n] label 100+k name[k] at graph 1.012,graph label_y[k] tc rgb colour[k] font fn.",10.5"
  set for [k=1:n] label 200+k note[k] at graph 1.012,graph label_y[k]-0.064 tc rgb c_mute font fn.",9" noenhanced
  plot for [k=1:n] "timeline.dat" using "t_s":(column(sprintf("value%d",k))) with lines lc rgb colour[k] lw 1.9 dt dash[k]
  unset label; unset arrow; unset object; unset ylabel
  if (panels) {
    # Sequential, perceptually ordered, safe for colour-blind eyes; one log scale for all panels.
    set palette defined (0 "#E3EEF8", 0.3 "#B5D2EA", 0.55 "#5FA2D0", 0.8 "#1F6AA8", 1 "#08306B")
    set logscale cb; set cbrange [cbmin:cbmax]
    unset logscale y; set yrange [-0.5:rows-0.5]
    unset ytics; unset grid; set border 0
    do for [k=1:panels] {
      top = 409 + (k-1)*138
      set tmargin screen px(top); set bmargin screen px(top+114)
      if (k==panels) { set format x "%g s"; set xlabel "simulated time" offset 0,0.2 } else { set format x ""; unset xlabel }
      set label 20 panel[k] at graph 1.012,graph 0.9 tc rgb c_ink font fn.",10.5"
      set for [i=1:named] label 300+i backend[i] at graph -0.008,first backend_row[i] right tc rgb c_mute font fn.",8" noenhanced
      if (k==1) {
        set label 21 "mean response time" at graph 1.012,graph 0.70 tc rgb c_mute font fn.",8.5" noenhanced
        set label 22 "at the backend" at graph 1.012,graph 0.57 tc rgb c_mute font fn.",8.5" noenhanced
        set label 23 "white: it served none" at graph 1.012,graph 0.44 tc rgb c_mute font fn.",8.5" noenhanced
        set colorbox user horizontal origin screen rmargin+0.018,px(top+91) size 0.06,0.012 noborder
        set cbtics scale 0.3 font fn.",8" offset 0,0.4
      } else { unset label 21; unset label 22; unset label 23; unset colorbox }
      plot "timeline-backends.dat" using "t_s":"row":(column(sprintf("mean%d",k))) with image pixels
    }
  }
  unset multiplot
}
unset output
