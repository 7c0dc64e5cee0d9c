import { ASKING } from "./asking.ts";

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

# After so many failures in a row: 10 to 640 seconds, not for all devices the same.
back_off() {
  longest=$((5 << ($1 < 6 ? $1 : 6)))
  pause "$((longest + $$ % longest))"
}

# A question that nobody answered and that ended at once: what asks may fail each time where jamesc does not, and Node is not
# to be started all the time for that. The first may be a server that began anew. Kept in a file: this process becomes others.
unanswered() {
  clock
  if [ -n "$status" ] || [ "$((now - asked))" -ge 5 ]; then
    rm -f "$folder/unanswered"
    return
  fi
  count=0
  [ ! -e "$folder/unanswered" ] || read -r count <"$folder/unanswered"
  echo "$((count + 1))" >"$folder/unanswered"
  [ "$count" -eq 0 ] || back_off "$count"
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
      IFS= read -r ca && IFS= read -r cert && IFS= read -r key && IFS= read -r body || return 1
    # A jamesc of before writes nothing of proxies.
    IFS= read -r proxy
    IFS= read -r proxy_user
    IFS= read -r proxy_password
    :
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

${ASKING}
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

# OpenSSL before 3 cannot tell a proxy who asks.
see_who_asks() {
  case $with:$proxy_user in openssl*:?*) ;; *) return ;; esac
  openssl s_client -help 2>&1 | grep -q -e '-proxy_user' && return
  with=curl
  command -v curl >/dev/null && return
  echo 'jamesc-waiter: the proxy wants to know who asks, which takes OpenSSL 3 or curl' >&2
  exit 5
}

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
      failures=$((failures + 1))
      back_off "$failures"
      continue
    fi
    see_who_asks
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
  unanswered
done
`;
}
