using NetSniff.Wire.Health;

namespace NetSniff.Tests.Wire.Health;

public sealed class ThreadListTests
{
    public static TheoryData<string, int, string, string, double, double> Lines => new()
    {
        { "17 (shard 0) R 1 1 1 0 -1 4 0 0 0 0 150 50 0 0 20", 17, "shard 0", "R", 2.0, 0.5 },
        { "18 (a) (b) S 1 1 1 0 -1 4 0 0 0 0 1 0 0 0 20", 18, "a) (b", "S", 0.01, 0 },
    };

    [Theory]
    [MemberData(nameof(Lines))]
    public void A_line_of_the_kernel_is_read(
        string stat, int id, string name, string state, double cpu, double kernel) =>
        Assert.Equal(
            new ThreadLine(id, name, state, TimeSpan.FromSeconds(cpu)) { Kernel = TimeSpan.FromSeconds(kernel) },
            ThreadList.Parse(stat));

    [Fact]
    public void Our_own_threads_have_numbers_and_names()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "threads are listed in /proc");
        Assert.Contains(Environment.ProcessId, ThreadList.Ids());
        Assert.Equal(ThreadList.Read().Single(line => line.Id == Environment.ProcessId).Name,
            ThreadList.NameOf(Environment.ProcessId));
    }

    [Theory]
    [InlineData("")]
    [InlineData("17 (x) R 1 2")]
    [InlineData("x (x) R 1 1 1 0 -1 4 0 0 0 0 150 50 0 0 20")]
    public void What_is_no_such_line_is_nothing(string stat) => Assert.Null(ThreadList.Parse(stat));
}
