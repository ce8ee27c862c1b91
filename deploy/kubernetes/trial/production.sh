#!/bin/bash
# usage: production.sh DIR   Tries the overlay "production" on the cluster of KUBECONFIG: starts three brokers on this machine that let in who
# has a certificate, and each do what it was granted, hands their certificates over as Strimzi would, puts the overlay up and does what
# trial.sh does. The images must be on the nodes (docs/deployment.md). "production.sh DIR down" removes all of it but DIR.
# TRIAL_HOST       an address of this machine that pods reach; it needs the ports 9093, 9095 and 9097
# TRIAL_BROKERS    directory of Kafka's jars (default: the build's)
# TRIAL_MIDWAY, TRIAL_IMAGE, TRIAL_SECONDS   see trial.sh
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
lawtap=${LAWTAP:-$here/../../../lawtap}
jars=${TRIAL_BROKERS:-$here/../../target/lib}
[ $# -ge 1 ] || { sed -n 2,8p "$0"; exit 2; }
mkdir -p "$1" && cd "$1"
host=${TRIAL_HOST:?production.sh: set TRIAL_HOST to an address of this machine that pods reach}
say() { printf '%s\n' "$*"; }
fail() { say "$*" >&2; exit 1; }
export TRIAL_OVERLAY=$PWD/overlay

if [ "${2:-}" = down ]; then
  failed=0
  [ ! -e overlay ] || "$here/trial.sh" "$PWD" down || failed=1
  kubectl delete namespace kafka --ignore-not-found || failed=1
  kubectl delete persistentvolume lawtap-trial-evidence --ignore-not-found || failed=1
  # Whatever failed, no broker is left.
  for pid in broker-*/pid; do
    [ -e "$pid" ] || continue
    kill "$(cat "$pid")" 2>/dev/null || true
    rm "$pid"
  done
  exit $failed
fi

# issue NAME [ADDRESS]: NAME.key, a key in PKCS#8, and NAME.crt, its certificate by the trial's authority.
issue() {
  [ ! -e "$1.crt" ] || return 0
  openssl ecparam -name prime256v1 -genkey -noout | openssl pkcs8 -topk8 -nocrypt -out "$1.key"
  openssl req -new -key "$1.key" -subj "/CN=$1" -out "$1.csr"
  openssl x509 -req -in "$1.csr" -CA authority.crt -CAkey authority.key -CAcreateserial -days 30 -out "$1.crt" 2>/dev/null \
    -extfile <(printf 'subjectAltName=%s' "${2:-DNS:$1}")
}

umask 077
if [ ! -e authority.crt ]; then
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout authority.key -subj "/CN=authority of the trial" -days 30 \
    -out authority.crt 2>/dev/null
fi
issue broker "IP:$host"
cat broker.key broker.crt > broker.pem
readonly SERVICES="topics watcher warrants capture-worker sink"
for role in $SERVICES authority auditor; do
  issue "lawtap-$role"
done

# Three brokers as docs/kafka-security.md has them.
cluster=$(cat cluster.id 2>/dev/null || java -cp "$jars/*" kafka.tools.StorageTool random-uuid 2>/dev/null | tail -n 1)
echo "$cluster" > cluster.id
for n in 1 2 3; do
  mkdir -p broker-$n
  cat > broker-$n/server.properties <<PROPERTIES
node.id=$n
process.roles=broker,controller
controller.quorum.voters=1@127.0.0.1:19191,2@127.0.0.1:19192,3@127.0.0.1:19193
controller.listener.names=CONTROLLER
inter.broker.listener.name=CLIENTS
listeners=CLIENTS://$host:$((9091 + 2 * n)),CONTROLLER://127.0.0.1:1919$n
advertised.listeners=CLIENTS://$host:$((9091 + 2 * n))
listener.security.protocol.map=CLIENTS:SSL,CONTROLLER:PLAINTEXT
ssl.client.auth=required
ssl.enabled.protocols=TLSv1.3
ssl.keystore.type=PEM
ssl.keystore.location=$PWD/broker.pem
ssl.truststore.type=PEM
ssl.truststore.location=$PWD/authority.crt
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
allow.everyone.if.no.acl.found=false
super.users=User:CN=broker;User:CN=lawtap-topics;User:ANONYMOUS
log.dirs=$PWD/broker-$n/data
auto.create.topics.enable=false
default.replication.factor=3
min.insync.replicas=2
offsets.topic.num.partitions=6
offsets.topic.replication.factor=3
transaction.state.log.num.partitions=6
transaction.state.log.replication.factor=3
transaction.state.log.min.isr=2
message.max.bytes=4194304
replica.fetch.max.bytes=4194304
PROPERTIES
  java -cp "$jars/*" kafka.tools.StorageTool format --ignore-formatted -t "$cluster" -c broker-$n/server.properties > broker-$n/format.log 2>&1 \
    || { tail -n 5 broker-$n/format.log >&2; fail "broker $n could not be formatted"; }
  setsid java -Xmx384m -XX:+UseSerialGC -cp "$jars/*" kafka.Kafka broker-$n/server.properties > broker-$n/log 2>&1 < /dev/null &
  echo $! > broker-$n/pid
done
brokers=$host:9093,$host:9095,$host:9097

# client NAME: its properties, for the command line.
client() {
  cat "$1.key" "$1.crt" > "$1.pem"
  printf '%s\n' security.protocol=SSL ssl.keystore.type=PEM "ssl.keystore.location=$PWD/$1.pem" ssl.truststore.type=PEM \
    "ssl.truststore.location=$PWD/authority.crt" > "$1.properties"
  echo "$PWD/$1.properties"
}
export LAWTAP_KAFKA_BOOTSTRAP_SERVERS=$brokers
LAWTAP_KAFKA_CLIENT_PROPERTIES=$(client lawtap-topics) "$lawtap" topics grant > rights.txt || fail "the rights could not be granted"
say "three brokers at $brokers; $(wc -l < rights.txt) rights granted"

# What Strimzi's operator makes of a Kafka object and of components/strimzi-users, and the volume that a storage class would make.
kubectl create namespace kafka --dry-run=client -o yaml | kubectl apply -f - >/dev/null
kubectl -n kafka create secret generic kafka-cluster-ca-cert --from-file=ca.crt=authority.crt --dry-run=client -o yaml | kubectl apply -f - >/dev/null
for service in $SERVICES; do
  kubectl -n kafka create secret generic "lawtap-$service" --from-file=user.key="lawtap-$service.key" --from-file=user.crt="lawtap-$service.crt" \
    --dry-run=client -o yaml | kubectl apply -f - >/dev/null
done
kubectl apply -f "$here/../base/namespaces.yaml" >/dev/null
"$here/../components/strimzi-users/secrets.sh"
node=$(kubectl get nodes -o 'jsonpath={.items[0].metadata.name}')
mkdir -p evidence-volume && chown 65532:65532 evidence-volume && chmod 711 . && chmod 700 evidence-volume
kubectl apply -f - >/dev/null <<YAML
apiVersion: v1
kind: PersistentVolume
metadata: {name: lawtap-trial-evidence}
spec:
  capacity: {storage: 100Gi}
  accessModes: [ReadWriteOnce]
  hostPath: {path: $PWD/evidence-volume}
  claimRef: {namespace: lawtap, name: lawtap-evidence}
  nodeAffinity:
    required:
      nodeSelectorTerms: [{matchExpressions: [{key: kubernetes.io/hostname, operator: In, values: [$node]}]}]
YAML

# The overlay as an operator changes it. Before Kubernetes 1.21 there is no policy/v1.
mkdir -p overlay
disruption=
kubectl api-versions | grep -qx policy/v1 || disruption=$(printf '%s\n---\n' \
  '{apiVersion: policy/v1, kind: PodDisruptionBudget, metadata: {name: lawtap-watcher, namespace: lawtap}, $patch: delete}' \
  '{apiVersion: policy/v1, kind: PodDisruptionBudget, metadata: {name: lawtap-warrants, namespace: lawtap}, $patch: delete}')
cat > overlay/changes.yaml <<YAML
$disruption
{apiVersion: v1, kind: ConfigMap, metadata: {name: lawtap, namespace: lawtap}, data: {kafka: "$brokers"}}
---
{apiVersion: v1, kind: ConfigMap, metadata: {name: lawtap-node, namespace: lawtap-node}, data: {kafka: "$brokers"}}
---
{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: lawtap-evidence, namespace: lawtap}, spec: {volumeName: lawtap-trial-evidence, storageClassName: ""}}
YAML
{
  printf '%s\n' 'apiVersion: kustomize.config.k8s.io/v1beta1' 'kind: Kustomization' 'bases:' \
    "  - $(realpath --relative-to=overlay "$here/../overlays/production")" 'patchesStrategicMerge: [changes.yaml]' 'images:'
  for image in tools watcher warrants capture-worker sink; do
    echo "  - {name: registry.example.org/lawtap/$image, newName: lawtap.local/$image, newTag: 0.1.0}"
  done
} > overlay/kustomization.yaml

TRIAL_KAFKA=$brokers LAWTAP_KAFKA_CLIENT_PROPERTIES=$(client lawtap-authority) "$here/trial.sh" "$PWD"
