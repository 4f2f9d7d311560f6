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
    [InlineData("tcp prot 80", "'prot' is no word")]
    [InlineData("tcp) or (udp", "syntax error")]
    [InlineData("tcp port 80 and", "syntax error")]
    [InlineData("port 70000", "70000")]
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
        var checks = new FilterChecks(static text => text.Length > 100 ? "5000 instructions; 4096 is the most" : null);
        var all = Enumerable.Range(0, 20).Select(number => Filtered($"p{number:00}", $"tcp port {number}")).ToList();
        var (fitting, unfit) = SensorPlanning.FittingOf(all, checks);
        Assert.Equal(20, fitting.Count + unfit.Count);
        Assert.Equal(
            all.Take(fitting.Count).Select(static one => one.Name), fitting.Select(static one => one.Name));
        Assert.InRange(fitting.Count, 2, 8);
        Assert.All(unfit.Values, static text => Assert.Equal(
            "spec.capture.bpfFilter: 5000 instructions; 4096 is the most", text));
        // Who asks for all packets has no filter at all, and then there is room for everybody.
        Assert.Empty(SensorPlanning.FittingOf([.. all, Profiles.Of("z", "{}")], checks).Unfit);
    }

    [Fact]
    public void Where_nobody_knows_the_language_sensors_say_so()
    {
        var nobody = new FilterChecks(null);
        Assert.False(nobody.IsThere);
        Assert.Null(nobody.ProblemOf("tcp port 80 and"));
        Assert.NotNull(nobody.ProblemOf("host shop.example"));
    }

    /// <summary>Nobody is asked about them, so nobody else waits for the answer.</summary>
    [Fact]
    public void A_filter_that_speaks_of_names_is_refused_before_it_is_compiled()
    {
        List<string> compiled = [];
        var checks = new FilterChecks(text =>
        {
            compiled.Add(text);
            return null;
        });
        Assert.Contains("write addresses", checks.ProblemOf("host shop.example"));
        var (fitting, unfit) = SensorPlanning.FittingOf(
            [Filtered("a", "tcp"), Filtered("b", "host shop.example"), Filtered("c", "udp")], checks);
        Assert.Equal("a c", string.Join(' ', fitting.Select(static one => one.Name.Name)));
        Assert.Contains("write addresses", Assert.Single(unfit).Value);
        Assert.DoesNotContain(compiled, static text => text.Contains("shop", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("libpcap version 1.10.5 (with TPACKET_V3)", true)]
    [InlineData("libpcap version 1.9.0-PRE-GIT", true)]
    [InlineData("libpcap version 1.7.4", false)]
    [InlineData("Npcap version 1.8, based on libpcap version 1.10.4", false)]
    [InlineData("", false)]
    public void A_compiler_that_is_not_known_to_bear_it_is_asked_by_one_at_a_time(string version, bool isReentrant) =>
        Assert.Equal(isReentrant, FilterCompiler.IsReentrant(version));

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
