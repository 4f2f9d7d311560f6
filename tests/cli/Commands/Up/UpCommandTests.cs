namespace NetSniff.Tests.Cli.Commands.Up;

[Collection(nameof(Alone))]
public sealed class UpCommandTests
{
    /// <summary>A terminal and an init system signal the whole group: child and supervisor alike.</summary>
    [Fact]
    public void A_signal_to_the_whole_group_ends_it_in_order()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess && OperatingSystem.IsLinux(), "captures from lo: needs root");
        using var folder = new TemporaryFolder();
        var names = folder["names.yaml"];
        File.WriteAllText(names, "hosts:\n  - name: here\n    addresses: [192.0.2.1]\n");
        var end = NetsniffProcess.Shell($$"""
            export XDG_STATE_HOME={{folder["state"]}}
            setsid {{NetsniffProcess.Path}} up -i lo --data {{folder["data"]}} --query 127.0.0.1:0 --health off \
                --names {{names}} 2>{{folder["talk"]}} </dev/null &
            up=$!
            for turn in $(seq 600); do grep -q 'capturing on lo' {{folder["talk"]}} && break; sleep 0.1; done
            {{NetsniffProcess.Path}} status >/dev/null; asked=$?
            kill -TERM -$up
            wait $up
            code=$?
            cat {{folder["talk"]}} >&2
            [ $asked = 0 ] && exit $code
            exit 99
            """);
        Assert.Contains("records stored in this run", end.Error);
        Assert.Equal(0, end.Code);
        Assert.False(File.Exists(Path.Combine(folder["state"], "netsniff", "client.json")));
        if (OperatingSystem.IsWindows()) return;

        Assert.Equal(
            UnixFileMode.UserRead | UnixFileMode.UserWrite,
            File.GetUnixFileMode(Path.Combine(folder["data"], "token")));
    }
}
