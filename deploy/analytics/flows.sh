#!/bin/sh
# flows.sh WARRANT: the flows in a warrant's packet topic, read with kcat, avro-tools and jq alone.
# flows.sh FILE.avro: the flows in what ./lawtap export wrote, for content that is encrypted in its topic. See README.md.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
fail() { echo "flows.sh: $1" >&2; exit 1; }
[ $# -eq 1 ] || fail "say one warrant's id, or one file of ./lawtap export"
: "${AVRO_TOOLS:?flows.sh: set AVRO_TOOLS to avro-tools.jar; README.md says where it is}"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The file carries its schema.
if [ -f "$1" ]; then
  java -jar "$AVRO_TOOLS" tojson "$1" > "$work/all.json" 2> "$work/said" \
    || fail "$1 is no Avro container file; $(tail -n 1 "$work/said")"
  jq -n -r -f "$here/flows.jq" "$work/all.json"
  exit
fi

: "${KAFKA:?flows.sh: set KAFKA to HOST:PORT of a broker}"
: "${SCHEMA:?flows.sh: set SCHEMA to what ./lawtap schema packets has printed}"
topic=lawtap.packets.$1

# A value is five bytes, 0 and the schema's id, and the record. To Avro that is a record of a fixed and a record.
jq '{type: "record", name: "Framed", fields: [
      {name: "frame", type: {type: "fixed", name: "RegistryFrame", size: 5}}, {name: "value", type: .}]}' "$SCHEMA" > "$work/framed.avsc"

# read OPTION...: values of the topic, one after the other, as lines of JSON. KCAT_OPTIONS are for TLS: -X NAME=VALUE ...
read_topic() {
  # shellcheck disable=SC2086
  kcat -C -q -e -b "$KAFKA" ${KCAT_OPTIONS:-} -t "$topic" -p 0 -o beginning "$@" -f '%s' > "$work/values"
  [ -s "$work/values" ] || fail "there is nothing in $topic"
  java -jar "$AVRO_TOOLS" fragtojson --no-pretty --schema-file "$work/framed.avsc" "$work/values" 2> "$work/said" \
    || fail "the values of $topic are not all packet records; are some encrypted? $(tail -n 1 "$work/said")"
}

read_topic -c 1 > "$work/first.json"
if jq -e '.value.opened | .. | .contentKey? // empty' "$work/first.json" > /dev/null; then
  fail "the packets of this warrant are encrypted for its delivery key; whoever has it uses: ./lawtap export --warrant $1 --out FILE.avro, then flows.sh FILE.avro"
fi
read_topic > "$work/all.json"
jq -n -r -f "$here/flows.jq" "$work/all.json"
