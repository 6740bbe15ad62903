# The space of keys before and after a change of backends, a colour an owner; and who moved.
# Redraw by hand:  cd plots && gnuplot remap_table.gp
load "style.gp"
load "remap_table-settings.gp"
px(y) = 1 - y/(1.0*height)
xs(x) = x/(1.0*width)
side = 256
array title[3] = ["before", "after", "moved"]
set border 0; unset tics; unset grid; unset colorbox
set xrange [-0.5:63.5]; set yrange [63.5:-0.5]
do for [t=1:2] {
  if (t==1) { eval begin_svg("remap_table") } else { eval begin_png("remap_table") }
  set multiplot
  do for [k=1:n] {
    top = 128 + (k-1)*290
    do for [c=1:3] {
      unset label
      if (k==1 && c==1) {
        set label 1 headline at screen 0.02,px(36) font fn.",15" tc rgb c_ink
        set label 2 subtitle at screen 0.02,px(70) font fn.",10" tc rgb c_mute noenhanced
      }
      left = 24 + (c-1)*(side+28)
      set lmargin screen xs(left); set rmargin screen xs(left+side)
      set tmargin screen px(top); set bmargin screen px(top+side)
      if (k==1) { set label 3 title[c] at screen xs(left),px(top-14) font fn.",10" tc rgb c_ink }
      if (c==3) {
        set label 4 name[k] at screen xs(left+side+24),px(top+12) font fn.",10.5" tc rgb c_ink
        set label 5 moved[k] at screen xs(left+side+24),px(top+40) font fn.",9.5" tc rgb c_mute noenhanced
        set label 6 needless[k] at screen xs(left+side+24),px(top+62) font fn.",9.5" tc rgb c_mute noenhanced
        if (k==1) {
          set label 7 "■  stayed" at screen xs(left+side+24),px(top+104) font fn.",9.5" tc rgb "#B8C0C8"
          set label 8 "■  had to move" at screen xs(left+side+24),px(top+126) font fn.",9.5" tc rgb "#E69F00"
          set label 9 "■  moved without need" at screen xs(left+side+24),px(top+148) font fn.",9.5" tc rgb c_bad
        }
      }
      # As rectangles an SVG would take megabytes; as one picture a PNG would be smoothed.
      if (t==1) {
        plot "remap_table.dat" index (k-1) using 1:2:(column(3*c)):(column(3*c+1)):(column(3*c+2)) with rgbimage
      } else {
        plot "remap_table.dat" index (k-1) using 1:2:(column(3*c)):(column(3*c+1)):(column(3*c+2)) with rgbimage pixels
      }
    }
  }
  unset multiplot
}
unset output
