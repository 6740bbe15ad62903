# lblab reference style for gnuplot 5.4 (Debian 12) and 6.0 (Debian 13).
# Loaded first by every figure; only settings: prints nothing, opens no file.
# Palette: Okabe-Ito, minus yellow (too faint on white), order chosen for max. contrast of neighbours.
reset
set encoding utf8
c_ink   = "#1F2933"      # titles, labels
c_mute  = "#6B7785"      # tick labels, notes
c_grid  = "#E3E7EB"
c_bad   = "#C0392B"
set linetype 1 lc rgb "#0072B2" lw 2.2 pt 7  ps 0.7 dt solid      # blue
set linetype 2 lc rgb "#D55E00" lw 2.2 pt 5  ps 0.7 dt solid      # vermillion
set linetype 3 lc rgb "#009E73" lw 2.2 pt 9  ps 0.8 dt solid      # green
set linetype 4 lc rgb "#CC79A7" lw 2.2 pt 11 ps 0.8 dt solid      # purple
set linetype 5 lc rgb "#E69F00" lw 2.2 pt 13 ps 0.8 dt solid      # orange
set linetype 6 lc rgb "#56B4E9" lw 2.2 pt 15 ps 0.8 dt solid      # sky
set linetype 7 lc rgb "#3B4754" lw 2.2 pt 6  ps 0.8 dt solid      # slate
set linetype 8 lc rgb "#8C96A0" lw 1.6 pt 4  ps 0.7 dt (12,8)      # reference
set linetype cycle 8
set style line 100 lc rgb c_grid lw 0.9 dt solid
set style line 101 lc rgb "#F1F3F5" lw 0.6 dt solid
set style line 102 lc rgb "#9AA5B1" lw 1.0 dt solid
set border 1 ls 102                     # x axis line only
set tics nomirror scale 0.4 textcolor rgb c_mute
set grid xtics ytics ls 100, ls 101
set grid back
set key off                             # direct labels instead
set xlabel textcolor rgb c_ink
set ylabel textcolor rgb c_ink
set title ""                            # titles are placed by labels (left aligned)
fn = exists("fn") ? fn : "Inter"

# A figure is drawn twice: `eval begin_svg("name")`, plot, `eval begin_png("name")`, plot.  Both need
# width and height (pixels), which the figure's settings give.  fontscale makes letters equally large.
begin_svg(name) = sprintf("set terminal svg size %d,%d enhanced font '%s,10' fontscale 1.53 background '#FFFFFF'; set output '%s.svg'", width, height, fn, name)
begin_png(name) = sprintf("set terminal pngcairo size %d,%d enhanced font '%s,10' fontscale 1.15 background '#FFFFFF'; set output '%s.png'", width, height, fn, name)
