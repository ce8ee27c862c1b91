#!/bin/bash
# usage: secrets.sh   Brings the keys and certificates that Strimzi made for its KafkaUser objects to where lawtap's pods
# look for them: a secret lawtap-kafka-SERVICE in their namespace, with user.pem, ca.pem and client.properties. Run it again after Strimzi has
# renewed a certificate: pods take the new one without another start. The job lawtap-topics has a user of its own, which must be a
# super user of the Kafka object.
# FROM     the namespace of the KafkaUser objects (default kafka)
# CLUSTER  the name of the Kafka object (default kafka)
set -euo pipefail
[ $# -eq 0 ] || { sed -n 2,7p "$0"; exit 2; }
from=${FROM:-kafka} cluster=${CLUSTER:-kafka}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
umask 077
fail() { printf 'secrets.sh: %s\n' "$1" >&2; exit 1; }

# field SECRET KEY: one value of a secret of Strimzi's
field() {
  local value
  value=$(kubectl -n "$from" get secret "$1" -o "jsonpath={.data.${2//./\\.}}") || fail "there is no secret $1 in namespace $from; is the KafkaUser ready?"
  [ -n "$value" ] || fail "the secret $1 in namespace $from has no $2"
  base64 -d <<<"$value"
}

field "$cluster-cluster-ca-cert" ca.crt > "$work/ca.pem"
cat > "$work/client.properties" <<'PROPERTIES'
security.protocol=SSL
ssl.keystore.type=PEM
ssl.keystore.location=/etc/lawtap/kafka/user.pem
ssl.truststore.type=PEM
ssl.truststore.location=/etc/lawtap/kafka/ca.pem
PROPERTIES

for service in topics watcher warrants capture-worker sink; do
  namespace=lawtap
  [ $service != capture-worker ] || namespace=lawtap-node
  { field lawtap-$service user.key; field lawtap-$service user.crt; } > "$work/user.pem"
  grep -q 'BEGIN PRIVATE KEY' "$work/user.pem" || fail "user.key of lawtap-$service is no PKCS#8 key in PEM"
  kubectl -n $namespace create secret generic lawtap-kafka-$service --dry-run=client -o yaml --from-file="$work/user.pem" \
    --from-file="$work/ca.pem" --from-file="$work/client.properties" | kubectl apply -f - >/dev/null
  echo "$namespace/lawtap-kafka-$service"
done
