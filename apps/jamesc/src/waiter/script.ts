import { EXEC_FOR } from "./exec-for.ts";

/**
 * The waiter: a POSIX shell script that lets a check-in be held with openssl or curl, and calls `jamesc work` when the
 * answer is anything but 204. Between two updates no Node is in memory. `jamesc` is how a shell calls the program.
 */
export function waiterScript(jamesc: string): string {
  return `#!/bin/sh
# jamesc-waiter, written by: jamesc waiter
# The agent for devices with little memory. Waits without Node, and calls jamesc work when there is something to do.
# Takes the options of jamesc. Needs openssl, and perl or timeout, or curl.
LC_ALL=C
export LC_ALL
umask 077

folder=$(mktemp -d) || exit 1
cr=$(printf '\\r')
child=
told=
stopped=
tell() {
  told=$child
  # Once: what it has begun it ends.
  [ -z "$child" ] || kill "$child" 2>/dev/null
}
stop() {
  stopped=yes
  # Where there is no room for it, what runs is told all the same.
  true 2>/dev/null >"$folder/stopped"
  tell
}
# From here on no $(command) is read: bash loses a signal that comes meanwhile, for it takes the trap apart.
trap stop TERM INT
trap 'rm -rf "$folder"' EXIT

# What was begun last is the child; a signal may have come when nobody knew it yet.
began() {
  child=$!
  [ -z "$stopped" ] || [ "$told" = "$child" ] || tell
}

# First in what is begun: a signal may have come before, or is lost on who has its parent's traps still.
unless_stopped() {
  [ ! -e "$folder/stopped" ] || exit 143
}

# Seconds since the device was started, whatever its clock is set to.
clock() {
  IFS=. read -r now _ </proc/uptime
}

# Waits for the child, also when a signal cuts that short; a shell would say that its time was over ("Alarm clock").
ended() {
  wait "$child" 2>/dev/null
  code=$?
  while [ -n "$stopped" ] && kill -0 "$child" 2>/dev/null; do wait "$child" 2>/dev/null; code=$?; done
  child=
  [ -z "$stopped" ] || exit "$code"
}

pause() {
  (
    unless_stopped
    exec sleep "$1"
  ) &
  began
  ended
}

work() {
  (
    unless_stopped
    exec \\
      ${jamesc} "$@" work --question "$folder/question"
  ) &
  began
  ended
}

read_question() {
  {
    IFS= read -r seconds && IFS= read -r times && IFS= read -r address && IFS= read -r name &&
      IFS= read -r ca && IFS= read -r cert && IFS= read -r key && IFS= read -r body
  } <"$folder/question"
}

# What the head of an answer says: its status, and after how many seconds to ask again, where the server does not hold; at most an hour.
read_head() {
  status=
  later=
  read -r _ status _
  while IFS=': ' read -r field value; do
    case $field in
      '' | "$cr") break ;;
      [Rr]etry-[Aa]fter) later=\${value%"$cr"} ;;
    esac
  done
  case $later in
    '' | *[!0-9]* | ?????*) later= ;;
    *)
      [ "$later" -ge 1 ] || later=1
      [ "$later" -le 3600 ] || later=3600
      ;;
  esac
}

# An answer may never come: asking is ended some seconds after the server should have answered.
${EXEC_FOR}
ask_with_openssl() {
  printf 'POST /v1/checkin HTTP/1.1\\r\\nHost: %s\\r\\nConnection: close\\r\\nPrefer: wait=%s\\r\\nContent-Type: application/json\\r\\nContent-Length: %s\\r\\n\\r\\n%s' \\
    "$name" "$seconds" "\${#body}" "$body" >"$folder/request"
  # What is longer than the head of an answer fills no disk.
  (
    unless_stopped
    ulimit -f 64
    exec_for "$((seconds + 30))" openssl s_client -quiet -connect "$address" -servername "$name" \\
      -CAfile "$ca" -cert "$cert" -key "$key" -verify_return_error -verify_hostname "$name" -purpose sslserver \\
      <"$folder/request" >"$folder/answer" 2>/dev/null
  ) &
  began
  ended
  read_head <"$folder/answer"
}

# All questions of a row over one connection; what each is answered begins in the pipe, with its head. An answer with
# anything in it ends curl, as one that does not come does.
ask_with_curl() {
  if [ -z "$child" ]; then
    rm -f "$folder/heads"
    mkfifo "$folder/heads" || exit 1
    # So no opening waits for the other: dash gives up where a signal comes meanwhile.
    exec 5<>"$folder/heads" 3<"$folder/heads" 4>"$folder/heads" 5>&-
    (
      unless_stopped
      exec curl --silent --fail --fail-early --max-time "$((seconds + 30))" --connect-to "$name:443:$address" \\
        --cacert "$ca" --cert "$cert" --key "$key" --header "Prefer: wait=$seconds" \\
        --header 'Content-Type: application/json' --header 'Expect:' --data-binary "$body" \\
        --output /dev/null --dump-header - --max-filesize 1 \\
        "https://$name/v1/checkin#[0-$times]" >&4 2>/dev/null 3<&- 4>&-
    ) &
    began
    exec 4>&-
  fi
  read_head <&3
  [ -z "$stopped" ] || hang_up
}

# Where a connection is kept it is given up: the next question is asked later, or another one.
hang_up() {
  [ -n "$child" ] || return 0
  kill "$child" 2>/dev/null
  exec 3<&-
  ended
}

if [ -n "$JAMESC_WAITER_WITH" ]; then
  ask=ask_with_$JAMESC_WAITER_WITH
elif command -v openssl >/dev/null && [ -n "$bound" ]; then
  ask=ask_with_openssl
elif command -v curl >/dev/null; then
  ask=ask_with_curl
else
  echo 'jamesc-waiter: there is neither openssl, with perl or timeout, nor curl' >&2
  exit 5
fi

failures=0
while :; do
  rm -f "$folder/question"
  work "$@"
  if [ "$code" -ne 0 ] || ! read_question; then
    # What is wrong with the command line does not pass.
    [ "$code" -ne 2 ] || exit 2
    [ "$failures" -ge 6 ] || failures=$((failures + 1))
    # 10 to 640 seconds, not for all devices the same.
    pause "$(((5 << failures) + $$ % (5 << failures)))"
    continue
  fi
  failures=0
  while [ "$times" -gt 0 ]; do
    times=$((times - 1))
    clock
    asked=$now
    $ask
    [ "$status" = 204 ] || break
    if [ -n "$later" ]; then
      hang_up
      pause "$later"
      continue
    fi
    # A server that does not hold is asked once in the time that it might have held.
    clock
    rest=$((asked + seconds - now))
    [ "$rest" -le 0 ] || {
      hang_up
      pause "$rest"
    }
  done
  hang_up
done
`;
}
