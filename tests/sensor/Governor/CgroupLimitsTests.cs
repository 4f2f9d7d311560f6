using NetSniff.Flows;
using NetSniff.Pipeline;
using NetSniff.Sensor.Governor;

namespace NetSniff.Tests.Sensor.Governor;

public sealed class CgroupLimitsTests : IDisposable
{
    private readonly TemporaryFolder _root = new();

    public void Dispose() => _root.Dispose();

    private void Write(string path, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(_root[path])!);
        File.WriteAllText(_root[path], text + "\n");
    }

    [Fact]
    public void The_least_of_a_group_and_those_above_holds()
    {
        Write("proc/self/cgroup", "0::/kubepods/burst/pod1");
        Write("sys/fs/cgroup/kubepods/memory.max", "4000000000");
        Write("sys/fs/cgroup/kubepods/burst/memory.max", "max");
        Write("sys/fs/cgroup/kubepods/burst/pod1/memory.max", "8000000000");
        Write("sys/fs/cgroup/kubepods/cpu.max", "max 100000");
        Write("sys/fs/cgroup/kubepods/burst/pod1/cpu.max", "150000 100000");
        Assert.Equal(new CgroupLimits(4_000_000_000, 1.5), CgroupLimits.Read(_root.Path));
    }

    [Fact]
    public void In_a_container_the_mount_is_the_group()
    {
        Write("proc/self/cgroup", "0::/../../of/the/host");
        Write("sys/fs/cgroup/memory.max", "268435456");
        Assert.Equal(new CgroupLimits(268_435_456, null), CgroupLimits.Read(_root.Path));
    }

    [Fact]
    public void The_older_version_has_a_tree_for_each_controller()
    {
        Write("proc/self/cgroup", "9:memory:/docker/x\n4:cpu,cpuacct:/docker/x\n0::/");
        Write("sys/fs/cgroup/memory/docker/x/memory.limit_in_bytes", "536870912");
        Write("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712");
        Write("sys/fs/cgroup/cpu/docker/x/cpu.cfs_quota_us", "50000");
        Write("sys/fs/cgroup/cpu/docker/x/cpu.cfs_period_us", "100000");
        Assert.Equal(new CgroupLimits(536_870_912, 0.5), CgroupLimits.Read(_root.Path));
    }

    [Fact]
    public void No_limit_is_no_limit()
    {
        Assert.Equal(CgroupLimits.None, CgroupLimits.Read(_root.Path));
        Write("proc/self/cgroup", "9:memory:/\n4:cpu,cpuacct:/\n0::/");
        Write("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712");
        Write("sys/fs/cgroup/cpu/cpu.cfs_quota_us", "-1");
        Write("sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000");
        Assert.Equal(CgroupLimits.None, CgroupLimits.Read(_root.Path));
        Write("proc/self/cgroup", "nonsense\n0:");
        Assert.Equal(CgroupLimits.None, CgroupLimits.Read(_root.Path));
    }

    [Theory]
    [InlineData(128, 1)]
    [InlineData(256, 1)]
    [InlineData(512, 2)]
    [InlineData(8192, 4)]
    public void Bounds_of_all_parts_fit_in_the_limit_together(long mebibytes, int shards)
    {
        var plan = MemoryPlan.For(mebibytes << 20, shards, new ShardOptions(), ringMebibytesWanted: 64);
        var each = (long)plan.Shard.FlowsMax * Flow.SizeMax + plan.Shard.Streams.BytesMax
            + ((long)plan.RingMebibytes << 20) + plan.Shard.FragmentBytesMax + plan.Shard.ArenaBytes;
        Assert.InRange(each * shards, 1, mebibytes << 20);
        Assert.InRange(plan.HeapBytesMax, 32L << 20, mebibytes << 20);
        Assert.True(plan.Shard.FlowsMax >= 4096);
    }

    [Fact]
    public void With_plenty_the_bounds_are_those_that_were_wanted()
    {
        var wanted = new ShardOptions { FlowsMax = 100_000 };
        var plan = MemoryPlan.For(64L << 30, shards: 2, wanted, ringMebibytesWanted: 64);
        Assert.Equal(wanted, plan.Shard with { Streams = wanted.Streams });
        Assert.Equal(wanted.Streams, plan.Shard.Streams);
        Assert.Equal(64, plan.RingMebibytes);
    }
}
