using System.Diagnostics;
using System.Globalization;

namespace NetSniff.Tests.Sensor.Governor;

/// <summary>Ten times too much for seconds here, and for minutes with `make overload`.</summary>
[Collection(nameof(Alone))]
public sealed class OverloadTests
{
    [Fact]
    public void A_sensor_that_is_offered_ten_times_too_much_stays_in_its_memory_and_says_what_it_leaves_out()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "what a process uses is read from /proc");
        var (code, lines) = Run(seconds: 8, mebibytes: 192, _ => { });
        Check(code, lines);
    }

    /// <summary>`netsniff-tests --child overload SECONDS MEBIBYTES`: the same for as long as one likes.</summary>
    public static int RunLong(string[] arguments)
    {
        var (code, lines) = Run(
            int.Parse(arguments[0], CultureInfo.InvariantCulture),
            long.Parse(arguments[1], CultureInfo.InvariantCulture), Console.WriteLine);
        Check(code, lines);
        Console.WriteLine("in its limit, every packet that was taken is in a flow, and all that was left out was said");
        return 0;
    }

    private static (int Code, List<string> Lines) Run(int seconds, long mebibytes, Action<string> told)
    {
        var start = ChildProcess.Prepare(
            "overloaded-sensor", $"{seconds}", mebibytes.ToString(CultureInfo.InvariantCulture));
        start.Environment["DOTNET_GCHeapHardLimit"] = OverloadedSensor.HeapLimitOf(mebibytes);
        using var child = Process.Start(start)!;
        List<string> lines = [];
        while (child.StandardOutput.ReadLine() is { } line)
        {
            lines.Add(line);
            told(line);
        }

        child.WaitForExit();
        return (child.ExitCode, lines);
    }

    private static void Check(int code, List<string> lines)
    {
        var all = string.Join('\n', lines);
        long Number(string name) => long.Parse(
            lines.Single(line => line.StartsWith(name + " ", StringComparison.Ordinal)
                && long.TryParse(line[(name.Length + 1)..], CultureInfo.InvariantCulture, out _))[(name.Length + 1)..],
            CultureInfo.InvariantCulture);
        Assert.True(code == 0, all);
        Assert.True(Number("lost") > Number("taken"), all);
        Assert.InRange(Number("peak"), 1, Number("limit"));

        // What came first to go were transactions; no flow was, and no packet of one.
        Assert.Equal(Number("taken"), Number("in flow records"));
        Assert.Equal(Number("flows started"), Number("flows"));
        Assert.True(Number("transactions") > 0, all);
        Assert.Contains("rung flows", lines);
        Assert.Contains("said: stepping down from full to sampled-4: ", all);
        Assert.Contains("ledger: depth: payload bytes not read: ", all);
        Assert.Contains("ledger: depth: flows that were only counted: ", all);
    }
}
