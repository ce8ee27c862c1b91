#!/bin/bash
# usage: trial.sh DIR   Tries the overlay "small" on the cluster of KUBECONFIG: puts it up, intercepts a Deployment on two nodes under a
# warrant, copies the evidence out and verifies it. The images must be on the nodes (docs/deployment.md). Run as root: Kafka's address
# is put on the loopback, and forwarded. It leaves the keys and the evidence in DIR, and lawtap running; "trial.sh DIR down" removes it.
# TRIAL_MIDWAY  a command that is run with the warrant while it is active, before it is revoked
# TRIAL_OVERLAY another overlay, whose Kafka TRIAL_KAFKA (HOST:PORT,...) the command line reaches by LAWTAP_KAFKA_CLIENT_PROPERTIES
# TRIAL_IMAGE   an image with sh, httpd and wget for the pods that are intercepted (default local.test/busybox:1)
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
lawtap=${LAWTAP:-$here/../../../lawtap}
[ $# -ge 1 ] || { sed -n 2,8p "$0"; exit 2; }
mkdir -p "$1" && cd "$1"
readonly KAFKA=10.96.0.92
overlay=${TRIAL_OVERLAY:-$here/../overlays/small}
t0=$SECONDS
say() { printf '%4d s  %s\n' $((SECONDS - t0)) "$*"; }
fail() { say "$*" >&2; exit 1; }
# wait_for SECONDS COMMAND...: until it succeeds
wait_for() { local end=$((SECONDS + $1)); shift; until "$@" >/dev/null 2>&1; do [ $SECONDS -lt $end ] || return 1; sleep 1; done; }

if [ "${2:-}" = down ]; then
  kubectl delete namespace lawtap-trial --ignore-not-found
  kubectl delete -k "$overlay" --ignore-not-found 2>&1 | grep -v deprecated
  exit 0
fi

forward=
finish() {
  [ -z "$forward" ] || kill "$forward" 2>/dev/null || true
  [ ! -e address.ours ] || { ip address del $KAFKA/32 dev lo; rm address.ours; }
}
trap finish EXIT

# Two approvers, and the list of whose signatures count.
for name in judge-a judge-b; do
  [ -e $name.key.pem ] || "$lawtap" warrant keygen --name $name
done
[ -e trust.json ] || for name in judge-a judge-b; do
  "$lawtap" warrant trust --list trust.json --name "$name" --key $name.pub.pem
done
kubectl apply -f "$here/../base/namespaces.yaml" >/dev/null
for namespace in lawtap lawtap-node; do
  kubectl -n $namespace create configmap lawtap-trust --from-file=trust.json --dry-run=client -o yaml | kubectl apply -f - >/dev/null
done
kubectl apply --dry-run=server -k "$overlay" >/dev/null 2>&1 || fail "the API server refuses the manifests; kubectl apply --dry-run=server -k says why"
kubectl apply -k "$overlay" 2>&1 | grep -v deprecated
say "applied"
sed "s#TRIAL_IMAGE#${TRIAL_IMAGE:-local.test/busybox:1}#" "$here/web.yaml" | kubectl apply -f - >/dev/null
kubectl -n lawtap wait --for=condition=complete job/lawtap-topics --timeout=180s
[ -n "${TRIAL_KAFKA:-}" ] || kubectl -n lawtap rollout status statefulset/lawtap-kafka --timeout=240s
for what in deployment/lawtap-watcher deployment/lawtap-warrants statefulset/lawtap-sink; do
  kubectl -n lawtap rollout status $what --timeout=240s
done
kubectl -n lawtap-node rollout status daemonset/lawtap-capture-worker --timeout=240s
kubectl -n lawtap-trial rollout status deployment/web --timeout=60s
say "all is up"

if [ -n "${TRIAL_KAFKA:-}" ]; then
  export LAWTAP_KAFKA_BOOTSTRAP_SERVERS=$TRIAL_KAFKA
else
  ip address show dev lo | grep -q "inet $KAFKA/" || { ip address add $KAFKA/32 dev lo; touch address.ours; }
  kubectl -n lawtap port-forward --address $KAFKA service/kafka 9092:9092 >forward.log 2>&1 &
  forward=$!
  export LAWTAP_KAFKA_BOOTSTRAP_SERVERS=$KAFKA:9092
  wait_for 20 grep -q Forwarding forward.log || fail "no way to Kafka: $(cat forward.log)"
fi
export LAWTAP_TRUST_LIST=$PWD/trust.json

rm -f w.json* ./*.delivery.*.pem
"$lawtap" warrant draft --out w.json --cluster c1 --namespace lawtap-trial --label app=web --authority "Court" --case trial/1 --agency "Unit 1" \
  --not-after "$(date -u -d '+1 hour' +%Y-%m-%dT%H:%M:%SZ)"
"$lawtap" warrant preview w.json
"$lawtap" warrant approve w.json --key judge-a.key.pem
"$lawtap" warrant approve w.json --key judge-b.key.pem
id=$(ls ./*.delivery.key.pem | sed -E 's#.*/##; s/\.delivery\.key\.pem//')
# The sink needs the private half to write packets in the clear.
kubectl -n lawtap get secret lawtap-delivery-keys >/dev/null 2>&1 || kubectl -n lawtap create secret generic lawtap-delivery-keys
kubectl -n lawtap patch secret lawtap-delivery-keys -p "{\"data\":{\"$id.key.pem\":\"$(base64 -w0 < "$id.delivery.key.pem")\"}}"
"$lawtap" warrant activate w.json
say "warrant $id is active"
captured() { [ "$("$lawtap" warrant captures "$id" --output json | grep -o '"node" *: *"[^"]*"' | sort -u | wc -l)" -ge 2 ]; }
wait_for 60 captured || { "$lawtap" warrant captures "$id"; fail "the warrant is not intercepted on two nodes"; }
"$lawtap" warrant captures "$id"
say "intercepted on two nodes"
sleep "${TRIAL_SECONDS:-20}"
[ -z "${TRIAL_MIDWAY:-}" ] || "$TRIAL_MIDWAY" "$id"
"$lawtap" warrant revoke "$id" --key judge-a.key.pem --authority "Court" --reason "end of the trial"
say "revoked; the sink seals"

inside() { kubectl -n lawtap exec lawtap-sink-0 -- "$@"; }
sealed() { inside jar -cM -C "/var/lib/lawtap/sink/evidence/$id" seal.json; }
wait_for 180 sealed || fail "no seal came; kubectl -n lawtap logs lawtap-sink-0"
mkdir -p keys/nodes evidence
inside jar -cM -C /var/lib/lawtap/sink/evidence "$id" > evidence.zip
inside jar -cM -C /var/lib/lawtap/sink/keys sink.pub.pem -C /var/lib/lawtap/sink/keys sink.crt.pem > sink-keys.zip
python3 -m zipfile -e evidence.zip evidence
python3 -m zipfile -e sink-keys.zip keys
cp trust.json keys/
kubectl -n lawtap-node get pods -l app.kubernetes.io/name=lawtap-capture-worker -o 'jsonpath={range .items[*]}{.metadata.name} {.spec.nodeName}{"\n"}{end}' \
  | while read -r pod node; do
      kubectl -n lawtap-node exec "$pod" -- jar -cM -C /var/lib/lawtap/capture-worker node.pub.pem < /dev/null > node.zip
      python3 -m zipfile -e node.zip . && mv node.pub.pem "keys/nodes/$node.pem" && rm node.zip
    done
say "copied out: $(ls evidence/"$id" | tr '\n' ' ')"
"$lawtap" verify "evidence/$id" --keys keys --report report.html | tee verify.txt
grep -Eq 'packets inside the warrant +[1-9]' verify.txt || fail "the evidence holds no packet"
say "all well"
