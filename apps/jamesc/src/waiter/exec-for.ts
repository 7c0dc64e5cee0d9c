/**
 * For a POSIX shell: `exec_for SECONDS PROGRAM [ARGUMENT]...` becomes a program that is ended after so many seconds;
 * `$bound` is what it is ended by, empty where there is nothing for it. The alarm of a process stays when it becomes
 * another program (alarm(2)): where there is perl, nobody has to be there beside it, as `timeout` is.
 */
export const EXEC_FOR = `bound=
for tool in perl timeout; do
  [ -n "$bound" ] || ! command -v "$tool" >/dev/null || bound=$tool
done

exec_for() {
  [ "$bound" = timeout ] || exec perl -e '$SIG{ALRM} = "DEFAULT"; alarm shift; exec {$ARGV[0]} @ARGV; exit 127' "$@"
  exec timeout "$@"
}
`;
