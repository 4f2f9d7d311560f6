using NetSniff.Config;
using NetSniff.Worker.Config;
using NetSniff.Worker.Serve;
using NetSniff.Worker.Store;

namespace NetSniff.Tests.Worker.Config;

public sealed class WorkerSteeringTests
{
    private readonly ServeLimits _limits = new() { SqlRowsMax = 7 };
    private readonly List<string> _names = [];
    private readonly WorkerSteering _steering;
    private StoreRetention? _retention;
    private string? _problem;

    public WorkerSteeringTests() => _steering = new WorkerSteering(
        new StoreRetention(TimeSpan.FromDays(7), 1000), retention => _retention = retention, _limits, file =>
        {
            _names.Add(file);
            return _problem;
        });

    [Fact]
    public void What_is_named_holds_and_what_is_left_out_again_is_as_before()
    {
        Assert.Empty(_steering.Apply(new WorkerConfig
        {
            Retention = new() { Age = "2d" }, Serving = new() { RowsMax = 5, SqlTimeMax = "9s" },
            Names = new() { File = "a.yaml" },
        }));
        Assert.Equal(new StoreRetention(TimeSpan.FromDays(2), 1000), _retention);
        Assert.Equal((5, 7, 9.0), (_limits.RowsMax, _limits.SqlRowsMax, _limits.SqlMax.TotalSeconds));
        Assert.Empty(_steering.Apply(new WorkerConfig { Retention = new() { Bytes = "1Gi" } }));
        Assert.Equal(new StoreRetention(TimeSpan.FromDays(7), 1L << 30), _retention);
        Assert.Equal((10_000, 300.0), (_limits.RowsMax, _limits.SqlMax.TotalSeconds));
        Assert.Equal(["a.yaml", ""], _names);
    }

    [Fact]
    public void Names_that_cannot_be_taken_refuse_all_of_it()
    {
        _problem = "there is no such file";
        var told = Assert.Single(_steering.Apply(new WorkerConfig { Retention = new() { Age = "2d" } }));
        Assert.Equal("names.file: there is no such file", told.ToString());
        Assert.Null(_retention);
    }
}
