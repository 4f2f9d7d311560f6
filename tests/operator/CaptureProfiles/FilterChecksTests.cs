using NetSniff.Cli.Hosting;
using NetSniff.Operator.CaptureProfiles;
using NetSniff.Operator.Sensors;
using NetSniff.Sensor.Capture.LibPcap;

namespace NetSniff.Tests.Operator.CaptureProfiles;

/// <summary>Filters of tcpdump's language, before sensors have them.</summary>
public class FilterChecksTests
{
    private const string Missing = "no libpcap on this machine";

    private readonly FilterChecks _checks = new(SensorProgram.ProblemOf);

    [Theory]
    [InlineData("tcp port 80", "")]
    [InlineData("tcp prot 80", "syntax error")]
    [InlineData("tcp) or (udp", "syntax error")]
    [InlineData("ip host 300.1.1.1", "300.1.1.1")]
    public void What_libpcap_says_is_told_with_its_field(string filter, string words)
    {
        Assert.SkipUnless(FilterCompiler.IsSupported, Missing);
        var one = Profiles.Object("one", $$$"""{"capture": {"bpfFilter": "{{{filter}}}"}}""");
        var spec = ProfileReview.Of(one, null, Profiles.Home, out var problems, _checks);
        Assert.Equal(words.Length == 0, spec is not null);
        if (words.Length == 0) return;

        var problem = Assert.Single(problems);
        Assert.Equal(("spec.capture.bpfFilter", "InvalidFilter"), (problem.Field, problem.Reason));
        Assert.Contains(words, problem.Text);
    }

    /// <summary>One that was accepted by nobody who knew keeps nobody else from what they ask for.</summary>
    [Fact]
    public void A_filter_that_makes_no_sense_leaves_out_its_own_profile_alone()
    {
        Assert.SkipUnless(FilterCompiler.IsSupported, Missing);
        var (fitting, unfit) = SensorPlanning.FittingOf(
            [Filtered("a", "tcp"), Filtered("b", "tcp prot 80"), Filtered("c", "udp")], _checks);
        Assert.Equal("a c", string.Join(' ', fitting.Select(static one => one.Name.Name)));
        Assert.Contains("spec.capture.bpfFilter: ", Assert.Single(unfit).Value);
    }

    /// <summary>Each is well within what a kernel takes, and all together are not.</summary>
    [Fact]
    public void Filters_that_are_too_much_together_leave_out_who_comes_last_and_say_why()
    {
        Assert.SkipUnless(FilterCompiler.IsSupported, Missing);
        var all = Enumerable.Range(0, 60).Select(number => Filtered($"p{number:00}", string.Join(
            " or ", Enumerable.Range(0, 22).Select(place => $"(src host 10.{number}.{place}.1 and dst port {place + 1})"))))
            .ToList();
        var (fitting, unfit) = SensorPlanning.FittingOf(all, _checks);
        Assert.InRange(unfit.Count, 1, 59);
        Assert.Equal(60, fitting.Count + unfit.Count);
        Assert.Equal(fitting.Select(static one => one.Name.Name).Order(), fitting.Select(static one => one.Name.Name));
        Assert.Contains("p00", fitting[0].Name.Name);
        Assert.All(unfit.Values, static text => Assert.NotEqual("", text));
        // Who asks for all packets has no filter at all, and then there is room for everybody.
        Assert.Empty(SensorPlanning.FittingOf([.. all, Profiles.Of("z", "{}")], _checks).Unfit);
    }

    [Fact]
    public void Where_nobody_knows_the_language_sensors_say_so()
    {
        var nobody = new FilterChecks(null);
        Assert.False(nobody.IsThere);
        Assert.Null(nobody.ProblemOf("tcp prot 80"));
    }

    [Fact]
    public void What_was_asked_is_not_asked_again()
    {
        var asked = 0;
        var checks = new FilterChecks(text => $"{text} {Interlocked.Increment(ref asked)}");
        Assert.Equal("tcp 1", checks.ProblemOf("tcp"));
        Assert.Equal("tcp 1", checks.ProblemOf("tcp"));
        Assert.Null(checks.ProblemOf(""));
    }

    private static AcceptedProfile Filtered(string name, string filter) =>
        Profiles.Of(name, $$$"""{"capture": {"bpfFilter": "{{{filter}}}"}}""");
}
