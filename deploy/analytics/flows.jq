# Packet records, one after the other, to a table of flows: both directions of a conversation are two flows.
def word($at): .[$at] * 256 + .[$at + 1];
def four($at): .[$at:$at + 4] | map(tostring) | join(".");
def hex: tostring | tonumber | [(. / 16 | floor), . % 16] | map("0123456789abcdef"[.:. + 1]) | join("");
def sixteen($at): . as $b | [range(0; 16; 2) | ($b[$at + .] | hex) + ($b[$at + 1 + .] | hex)] | join(":");
def ports($at): if length >= $at + 4 then [word($at), word($at + 2)] else ["-", "-"] end;
def name: {"1": "ICMP", "6": "TCP", "17": "UDP", "58": "ICMPv6", "132": "SCTP"}[tostring] // tostring;
def has_ports: . == 6 or . == 17 or . == 132;

# [protocol, source, its port, destination, its port] of a frame, an array of bytes.
def flow:
  (if word(12) == 33024 then 18 else 14 end) as $ip
  | word($ip - 2) as $type
  | if $type == 2048 and length >= $ip + 20 then
      .[$ip + 9] as $p
      | (if $p | has_ports then ports($ip + (.[$ip] % 16) * 4) else ["-", "-"] end) as $ports
      | [($p | name), four($ip + 12), $ports[0], four($ip + 16), $ports[1]]
    elif $type == 34525 and length >= $ip + 40 then
      .[$ip + 6] as $p
      | (if $p | has_ports then ports($ip + 40) else ["-", "-"] end) as $ports
      | [($p | name), sixteen($ip + 8), $ports[0], sixteen($ip + 24), $ports[1]]
    else ["other", "-", "-", "-", "-"]
    end;

reduce (inputs | (.value // .).packets[]) as $packet ({};
  ($packet.data | explode | flow) as $flow
  | ($flow | map(tostring) | join(" ")) as $key
  | .[$key] |= {
      flow: $flow,
      packets: ((.packets // 0) + 1),
      bytes: ((.bytes // 0) + $packet.originalLength),
      first: ([.first // $packet.time, $packet.time] | min),
      last: ([.last // $packet.time, $packet.time] | max)
    })
| ["PROTOCOL", "SOURCE", "PORT", "DESTINATION", "PORT", "PACKETS", "BYTES", "SECONDS"],
  (to_entries | map(.value) | sort_by([-.bytes, .flow])[]
    | .flow + [.packets, .bytes, ((.last - .first) / 1000000 | round / 1000)])
| @tsv
