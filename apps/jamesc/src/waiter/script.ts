import { EXEC_FOR } from "./exec-for.ts";

/** So much memory a shell may take that reads an answer, in KB; it has some hundred. */
const MOST_KB = 8 * 1024;

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

# What this process has sent before it became a shell again (ask_with_openssl): who asks for it, how many questions are left,
# since when it is asked, and where the files are.
sent=$JAMESC_WAITER_SENT
unset JAMESC_WAITER_SENT
child=\${sent%% *}
if [ -n "$sent" ]; then
  folder=\${sent#* * * }
else
  # What a waiter left that was ended while it was no shell (ask_with_openssl), with who asks for it still.
  for left in "\${TMPDIR:-/tmp}"/jamesc-waiter-*-??????; do
    # Its own process stays the same one; others may make such names as well.
    before=\${left##*/jamesc-waiter-}
    before=\${before%-*}
    case $before in '' | *[!0-9]*) continue ;; esac
    { [ -O "$left" ] && [ ! -h "$left" ] && ! kill -0 "$before" 2>/dev/null; } || continue
    if read -r child 2>/dev/null <"$left/child" && [ "/proc/$child/fd/0" -ef "$left/questions" ]; then
      kill "$child"
    fi
    rm -rf "$left"
  done
  child=
  folder=$(mktemp -d "\${TMPDIR:-/tmp}/jamesc-waiter-$$-XXXXXX") || exit 1
fi
cr=$(printf '\\r')
limit=$(ulimit -S -d)
told=
stopped=
[ ! -e "$folder/stopped" ] || stopped=yes
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
# There is no answer in time; what else is done meanwhile is not meant.
late() {
  [ -z "$sent" ] || kill "$child" 2>/dev/null
}
# From here on no $(command) is read: bash loses a signal that comes meanwhile, for it takes the trap apart.
trap stop TERM INT
trap late ALRM
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
  while [ "$code" -gt 128 ] && kill -0 "$child" 2>/dev/null; do wait "$child" 2>/dev/null; code=$?; done
  child=
  # Who was begun by another shell of this process cannot be waited for; it was told to end.
  [ "$code" -ne 127 ] || code=143
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

# The question that was sent, how many are left behind it, and since when it is asked.
sent_before() {
  read_question || return 1
  # shellcheck disable=SC2086
  set -- $sent
  times=$2
  asked=$3
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
request() {
  printf 'POST /v1/checkin HTTP/1.1\\r\\nHost: %s\\r\\n%bPrefer: wait=%s\\r\\nContent-Type: application/json\\r\\nContent-Length: %s\\r\\n\\r\\n%s' \\
    "$name" "$1" "$seconds" "\${#body}" "$body"
}
s_client() {
  exec_for "$1" openssl s_client -quiet -connect "$address" -servername "$name" \\
    -CAfile "$ca" -cert "$cert" -key "$key" -verify_return_error -verify_hostname "$name" -purpose sslserver 2>/dev/null
}

# All questions of a row over one connection. What waits for an answer is this very process: perl sets its alarm and makes it
# a shell again, which goes on here. So nobody has to be there beside it who knows how late it is.
ask_with_openssl() {
  if [ -z "$sent" ]; then
    [ -n "$child" ] || connect
    request '' >&4
    JAMESC_WAITER_SENT="$child $times $asked $folder"
    export JAMESC_WAITER_SENT
    # A signal that comes until the next shell listens ends this process at once; who asks ends with its answer then.
    trap - TERM INT
    [ -z "$stopped" ] || hang_up
    exec_for "$((seconds + 30))" sh "$0" "$@"
  fi
  # A line without an end fills no memory.
  ulimit -S -d ${MOST_KB}
  read_head <&3
  ulimit -S -d "$limit"
  sent=
  [ -z "$stopped" ] || hang_up
}
connect() {
  rm -f "$folder/questions" "$folder/answers"
  mkfifo "$folder/questions" "$folder/answers" || exit 1
  # As below. Questions can be read here as well: so what is sent to nobody ends nothing.
  exec 4<>"$folder/questions" 5<>"$folder/answers" 3<"$folder/answers" 6>"$folder/answers" 5>&-
  (
    unless_stopped
    s_client "$(((seconds + 30) * (times + 1)))" <"$folder/questions" >&6 3<&- 4<&- 6>&-
  ) &
  began
  exec 6>&-
  echo "$child" >"$folder/child"
}

# The same without perl: each question over a connection of its own, and timeout beside it.
ask_with_openssl_once() {
  request 'Connection: close\\r\\n' >"$folder/request"
  # What is longer than the head of an answer fills no disk.
  (
    unless_stopped
    ulimit -f 64
    s_client "$((seconds + 30))" <"$folder/request" >"$folder/answer"
  ) &
  began
  ended
  read_head <"$folder/answer"
}

# All questions of a row over one connection; what each is answered begins in the pipe, with its head. An answer with
# anything in it ends curl, as one that does not come does. It goes the way that jamesc itself goes: past proxies of the
# environment, and whatever a curlrc says.
ask_with_curl() {
  if [ -z "$child" ]; then
    rm -f "$folder/heads"
    mkfifo "$folder/heads" || exit 1
    # So no opening waits for the other: dash gives up where a signal comes meanwhile.
    exec 5<>"$folder/heads" 3<"$folder/heads" 4>"$folder/heads" 5>&-
    (
      unless_stopped
      exec curl --disable --noproxy '*' --silent --fail --fail-early --max-time "$((seconds + 30))" \\
        --connect-to "$name:443:$address" --cacert "$ca" --cert "$cert" --key "$key" --header "Prefer: wait=$seconds" \\
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
  exec 3<&- 4<&-
  ended
}

with=$JAMESC_WAITER_WITH
if [ -n "$with" ]; then
  :
elif command -v openssl >/dev/null && [ -n "$bound" ]; then
  with=openssl
elif command -v curl >/dev/null; then
  with=curl
else
  echo 'jamesc-waiter: there is neither openssl, with perl or timeout, nor curl' >&2
  exit 5
fi
# What becomes this script again needs its file.
if [ "$with" = openssl ] && { [ "$bound" = timeout ] || [ ! -r "$0" ]; }; then with=openssl_once; fi

failures=0
while :; do
  if [ -n "$sent" ]; then
    sent_before || exit 1
  else
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
  fi
  failures=0
  while [ -n "$sent" ] || [ "$times" -gt 0 ]; do
    if [ -z "$sent" ]; then
      times=$((times - 1))
      clock
      asked=$now
    fi
    "ask_with_$with" "$@"
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
