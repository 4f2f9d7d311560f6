using System.Text;
using NetSniff.Config;
using NetSniff.Operator.CaptureProfiles;
using NetSniff.Operator.Config;
using NetSniff.Operator.Workers;
using NetSniff.Tests.Operator.CaptureProfiles;

namespace NetSniff.Tests.Operator.Workers;

public class WorkerJsonTests
{
    [Theory]
    [InlineData("24h", "1h", "1h")]
    [InlineData("24h", "1h 400h", "400h")]
    // Who names none has what was installed.
    [InlineData("24h", "-", "24h")]
    [InlineData("24h", "1h -", "24h")]
    [InlineData("7d", "48h -", "7d")]
    [InlineData("24h", "48h -", "48h")]
    [InlineData("24h", "8784h", "8784h")]
    public void Records_are_kept_as_long_as_the_longest_wants(string installed, string named, string expected)
    {
        var profiles = named.Split(' ').Select(static (age, number) => Profiles.Of(
            $"p{number}", age == "-" ? "{}" : $$"""{"storage": {"flowRetention": "{{age}}"} }""")).ToArray();
        foreach (var some in (AcceptedProfile[][])[profiles, [.. profiles.Reverse()]])
        {
            var json = WorkerJson.Of(WorkerWish.Of(some)!, new WorkerRetention { Age = installed }, 7, "abc");
            var config = WorkerConfigReader.Read(Encoding.UTF8.GetBytes(json), out var problems);
            Assert.Empty(problems);
            Assert.Equal((expected, 7, "abc"), (config!.Retention.Age, config.Sequence, config.Revision));
        }
    }
}
