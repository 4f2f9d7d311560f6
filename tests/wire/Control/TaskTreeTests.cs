using NetSniff.Wire.Control;

namespace NetSniff.Tests.Wire.Control;

/// <summary>A parent takes its children with it, wherever they are, and never the other way round.</summary>
public sealed class TaskTreeTests
{
    private readonly TaskTree _tree = new();

    public TaskTreeTests()
    {
        // r ─┬─ a ─┬─ a1
        //    │     └─ a2
        //    └─ b
        Add("r", "", 100);
        Add("a", "r", 200);
        Add("b", "r", 50);
        Add("a1", "a", 200);
        Add("a2", "a", 200);
    }

    [Theory]
    [InlineData("r", "r a a1 a2 b")]
    [InlineData("a", "a a1 a2")]
    [InlineData("a1", "a1")]
    [InlineData("nobody", "")]
    public void Cancelling_one_stops_all_below_it(string id, string stopped)
    {
        var nodes = _tree.Cancel(id, "enough");
        Assert.Equal(stopped, string.Join(' ', nodes.Select(node => node.Id)));
        Assert.All(nodes, node => Assert.Equal((TaskState.Cancelled, "enough"), (node.State, node.Reason)));
        Assert.Equal(5 - nodes.Count, _tree.Running);
        Assert.Empty(_tree.Cancel(id, "again"));
    }

    [Fact]
    public void One_that_ends_takes_those_below_it_and_leaves_those_beside_it()
    {
        Assert.Equal(["a1", "a2"], _tree.End("a", TaskState.Failed, TaskTree.WentAway).Select(node => node.Id));
        Assert.Equal((TaskState.Failed, TaskTree.WentAway), (_tree.Find("a")!.State, _tree.Find("a")!.Reason));
        Assert.Equal(TaskState.Cancelled, _tree.Find("a1")!.State);
        Assert.Equal(TaskState.Running, _tree.Find("r")!.State);
        Assert.Equal(TaskState.Running, _tree.Find("b")!.State);
        // The first word stands.
        Assert.Empty(_tree.End("a", TaskState.Done));
        Assert.Equal(TaskState.Failed, _tree.Find("a")!.State);
    }

    [Fact]
    public void A_child_has_no_more_time_than_its_parent()
    {
        Assert.Equal(100, _tree.Find("a")!.DeadlineNanos);
        Assert.Equal(100, _tree.Find("a1")!.DeadlineNanos);
        Assert.Empty(_tree.Expire(49));
        Assert.Equal(["b"], _tree.Expire(50).Select(node => node.Id));
        var rest = _tree.Expire(100);
        Assert.Equal(["a", "a1", "a2", "r"], rest.Select(node => node.Id).Order());
        Assert.All(rest, node => Assert.Equal(TaskTree.OutOfTime, node.Reason));
        Assert.Equal(0, _tree.Running);
    }

    [Fact]
    public void Nothing_begins_below_what_is_over_or_twice_or_without_room()
    {
        _tree.Cancel("a", "enough");
        Assert.Null(_tree.Add("a3", "a", "x", 100));
        Assert.Null(_tree.Add("a3", "nobody", "x", 100));
        Assert.Null(_tree.Add("b", "r", "x", 100));
        var small = new TaskTree(tasksMax: 1);
        Assert.NotNull(small.Add("1", "", "x", 1));
        Assert.Null(small.Add("2", "", "x", 1));
        Assert.Equal(1, small.Refused);
    }

    [Fact]
    public void What_is_over_is_forgotten_whole()
    {
        _tree.Forget("r"); // it runs
        Assert.Equal(5, _tree.Count);
        _tree.Cancel("r", "enough");
        _tree.Forget("a");
        Assert.Equal(["b"], _tree.ChildrenOf("r").Select(node => node.Id));
        _tree.Forget("r");
        Assert.Equal(0, _tree.Count);
    }

    /// <summary>Whatever happens in whatever order: below what is over nothing runs.</summary>
    [Fact]
    public void No_orphan_ever_runs()
    {
        var random = new Random(20_26);
        var tree = new TaskTree();
        List<string> ids = [""];
        for (var step = 0; step < 20_000; step++)
        {
            var id = ids[random.Next(ids.Count)];
            switch (random.Next(10))
            {
                case < 6:
                    var fresh = step.ToString(System.Globalization.CultureInfo.InvariantCulture);
                    if (tree.Add(fresh, id, "x", random.Next(step, 40_000)) is not null) ids.Add(fresh);
                    break;
                case 6:
                    tree.Cancel(id, "enough");
                    break;
                case 7:
                    tree.End(id, TaskState.Done);
                    break;
                case 8:
                    tree.Expire(step);
                    break;
                default:
                    tree.Forget(id);
                    break;
            }

            ids.RemoveAll(one => one.Length > 0 && tree.Find(one) is null);
        }

        foreach (var id in ids.Where(one => one.Length > 0))
        {
            var node = tree.Find(id)!;
            if (node.IsOver || node.Parent.Length == 0) continue;
            Assert.False(tree.Find(node.Parent)!.IsOver);
            Assert.True(node.DeadlineNanos <= tree.Find(node.Parent)!.DeadlineNanos);
        }
    }

    private void Add(string id, string parent, long deadline) =>
        Assert.NotNull(_tree.Add(id, parent, "node-" + id, deadline));
}
