#!/bin/sh
# An extcap program of Wireshark: each warrant's packets as an interface. Made by "lawtap wireshark install"; made anew, not edited.
case " $* " in
  *" --extcap-dlts "*)
    echo 'dlt {number=1}{name=EN10MB}{display=Ethernet}'
    exit 0
    ;;
  *" --extcap-config "*)
    echo 'arg {number=0}{call=--mode}{display=Show}{type=selector}{tooltip=Every look is recorded in custody}'
    echo 'value {arg=0}{value=replay}{display=All that is in the log, then end}{default=true}'
    echo 'value {arg=0}{value=follow}{display=All that is in the log, and what comes}{default=false}'
    echo 'value {arg=0}{value=now}{display=What comes from now on}{default=false}'
    echo "arg {number=1}{call=--delivery-keys}{display=Directory of delivery keys}{type=string}{tooltip=WARRANT.key.pem each}"
    exit 0
    ;;
esac
: "${LAWTAP_KAFKA_BOOTSTRAP_SERVERS:=@BOOTSTRAP@}"
: "${LAWTAP_KAFKA_CLIENT_PROPERTIES:=@PROPERTIES@}"
: "${LAWTAP_DELIVERY_KEYS_DIR:=@KEYS@}"
export LAWTAP_KAFKA_BOOTSTRAP_SERVERS LAWTAP_KAFKA_CLIENT_PROPERTIES LAWTAP_DELIVERY_KEYS_DIR
exec '@JAVA@' -Xlog:disable -Xlog:all=error:stderr -XX:+UseSerialGC --enable-native-access=ALL-UNNAMED \
  --sun-misc-unsafe-memory-access=allow -cp '@CLASSPATH@' @MAIN@ wireshark extcap "$@"
