using NetSniff.Operator.Control;
using NetSniff.Wire.Cluster;

namespace NetSniff.Tests.Operator.Control;

public class ClusterMembersTests
{
    [Fact]
    public async Task A_class_that_goes_takes_what_was_wrong_with_its_plan_with_it()
    {
        using var members = new ClusterMembers();
        var large = new MemberPlan(1, "r", new Dictionary<string, string>
        {
            ["sensor.json"] = new string('x', ClusterLimits.PlanBytesMax + 1),
        });
        Assert.False(members.SetPlan(MemberKind.Sensor, "all", large));
        Assert.Contains("is not sent", members.Problem);
        await members.PurgeAsync("all", TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken);
        Assert.Null(members.Problem);
    }
}
