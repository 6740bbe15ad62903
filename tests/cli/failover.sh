#!/usr/bin/env bash
# The scenarios about failures keep their promises, and the other way round where their
# descriptions say so.
. "$(dirname "$0")/lib.bash"
cd "$root/scenarios/failures" || exit 1

# promises FILE: its assertions hold with one seed
promises() { run check "$@" -n 1 -j 1 --results "$tmp/results"; is "$* holds" 0 $code; }
# says FILE WHAT OPTIONS...: this holds then; its own assertions do not count
says() {
    local file=$1 what=$2; shift 2
    sed '/^  "assert": \[/,/^  \]/d' "$file" | sed -z 's/,\n}/\n}/' >"$tmp/$file"
    run check "$tmp/$file" -n 1 -j 1 -A "$what" "$@"
    is "$file $*: $what" 0 $code
}

for file in check-levels deep-check-cascade slow-discovery restart-storm grey-failure \
            panic-threshold zone-outage rolling-restart flapping random-failures max-fails observe \
            check-jitter false-ejections; do
    promises $file.json
done
for file in fault false; do
    promises "$here/$file-by-hand.json"
done
says check-levels.json "detection.share <= 21%" -s balancers.edge.health_check.level=l4
says check-levels.json "detection.share >= 100%" -s balancers.edge.health_check.level=deep
says check-levels.json "detection.share <= 61%" -s balancers.edge.health_check.cost=0s
says deep-check-cascade.json "error_rate > 30%" -s balancers.edge.fail_open=false
says deep-check-cascade.json "ejections <= 0" -s balancers.edge.health_check.level=l7
says slow-discovery.json "error_rate > 0.5%" -s events.0.drain=0s
says restart-storm.json "restarts <= 0" -s backends.app.liveness.level=l4
says grey-failure.json "error_rate > 1%" \
    -s balancers.edge.outlier_detection.successful_active_health_check_uneject_host=true
says rolling-restart.json "error_rate > 0.3%" -s events.0.drain=0s
says rolling-restart.json "error_rate <= 0" -s events.0.batch=2
says flapping.json "detection.share >= 100%" -s balancers.edge.health_check.fall=1
says max-fails.json "detection.lost > 110" -a round_robin -s events.0.mode=hang
says observe.json "detection.lost > 300" -s balancers.edge.health_check.on_error=fail-check
says observe.json "detection.share <= 0" -s balancers.edge.health_check.on_error=sudden-death
says observe.json "detection.lost <= 12" -s balancers.edge.health_check.level=l7
says check-jitter.json "latency.p99 > 150ms" -s balancers.edge.health_check.jitter=0s
says false-ejections.json "ejections.false < 15" \
    -s balancers.edge.outlier_detection.success_rate_stdev_factor=3
finish failover
