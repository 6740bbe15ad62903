# Seed by seed: on the left each seed from the base (ring) to the policy (dot), on the right the
# change of the same seed, the mean of all (line) and its 95 % interval (band).  A panel a policy.
# Redraw by hand:  cd plots && gnuplot pairs.gp
px(y) = 1 - y/(1.0*height)
right(change) = right_is_log ? 1+change/100.0 : change
draw(t) = t==1 ? begin_svg("pairs") : begin_png("pairs")
do for [t=1:2] {
  load "style.gp"               # anew for each: a multiplot leaves its last panel's settings behind
  load "pairs-settings.gp"
  eval draw(t)
  set multiplot
  set label 1 headline at screen 0.02,px(36) font fn.",15" tc rgb c_ink
  set label 2 subtitle at screen 0.02,px(70) font fn.",10" tc rgb c_mute noenhanced
  set yrange [0:1]; unset ytics; set grid noytics
  do for [k=1:n] {
    top = 106 + (k-1)*(panel_height+44) + 36
    dot = seeds[k] > 60 ? 0.35 : seeds[k] > 25 ? 0.6 : 0.85
    set tmargin screen px(top); set bmargin screen px(top+panel_height)

    set lmargin screen 0.03; set rmargin screen 0.60
    if (left_is_log) { set logscale x 10 }
    set xrange [left_low:left_high]
    eval left_tics
    set xtics textcolor rgb (k==n ? c_mute : "#FFFFFF")
    if (k==n) { set xlabel left_title offset 0,0.2 noenhanced }
    set label 20 name[k] at screen 0.02,px(top-14) tc rgb colour[k] font fn.",10.5"
    set label 21 values[k] at screen 0.60,px(top-14) right tc rgb c_mute font fn.",9.5" noenhanced
    plot "pairs.dat" using (column("panel")==k ? column("base")/left_unit : NaN):"y":((column("value")-column("base"))/left_unit):(0) with vectors nohead lc rgb colour[k] lw 1.2, \
         "" using (column("panel")==k ? column("value")/left_unit : NaN):"y" with points pt 7 ps dot lc rgb colour[k], \
         "" using (column("panel")==k ? column("base")/left_unit : NaN):"y" with points pt 7 ps dot lc rgb "#FFFFFF", \
         "" using (column("panel")==k ? column("base")/left_unit : NaN):"y" with points pt 6 ps dot lw 1.2 lc rgb c_mute, \
         "" using (column("panel")==k && column("value")==column("base") ? column("value")/left_unit : NaN):"y" with points pt 7 ps 0.4*dot lc rgb colour[k]
    unset label 1; unset label 2; unset logscale x

    set lmargin screen 0.65; set rmargin screen 0.97
    if (right_is_log) { set logscale x 10 }
    set xrange [right_low:right_high]
    eval right_tics
    set xtics textcolor rgb (k==n ? c_mute : "#FFFFFF")
    if (k==n) { set xlabel right_title offset 0,0.2 noenhanced }
    set label 20 change[k] at screen 0.65,px(top-14) tc rgb c_ink font fn.",10.5"
    set label 21 verdict[k] at screen 0.97,px(top-14) right tc rgb c_mute font fn.",9.5" noenhanced
    set arrow 1 from right(0),graph 0 to right(0),graph 1 nohead lc rgb c_ink lw 1.2 front
    if (low[k]==low[k]) { set object 1 rectangle from right(low[k]),graph 0 to right(high[k]),graph 1 fc rgb colour[k] fs transparent solid 0.18 noborder behind }
    if (mean[k]==mean[k]) { set arrow 2 from right(mean[k]),graph 0 to right(mean[k]),graph 1 nohead lc rgb colour[k] lw 2.2 }
    plot "pairs.dat" using (column("panel")==k ? right(column("change")) : NaN):"y" with points pt 7 ps dot lc rgb colour[k]
    unset arrow; unset object; unset label 20; unset label 21; unset xlabel; unset logscale x
  }
  unset multiplot
}
unset output
