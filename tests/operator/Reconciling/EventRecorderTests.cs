using NetSniff.Kube;
using NetSniff.Kube.Objects;
using NetSniff.Operator.Reconciling.Writing;
using NetSniff.Tests.Kube;

namespace NetSniff.Tests.Operator.Reconciling;

[Collection(nameof(ControlPlane))]
public class EventRecorderTests(ControlPlane plane)
{
    private static readonly ResourceKind s_events = new("events.k8s.io", "v1", "events");

    [Fact]
    public async Task The_same_again_is_counted_on_the_Event_that_is_there()
    {
        using var space = await plane.NewNamespaceAsync();
        var (objects, clock) = (new ObjectClient(space.Cluster), new FakeClock());
        var recorder = new EventRecorder(objects, "operator-1", clock);
        using var stop = new CancellationTokenSource();
        var running = recorder.RunAsync(stop.Token);
        var about = EventSubject.Pod(space.Name, "web", "uid-1");
        for (var time = 0; time < 50; time++) recorder.Tell(about, true, "PortScan", "Detect", "scans ports");
        await Eventually.Is(1L, () => recorder.Writes);
        recorder.Tell(about, false, "Other", "Detect", "something else");
        await Eventually.Is(2L, () => recorder.Writes);
        clock.Advance(TimeSpan.FromMinutes(1));
        recorder.Tell(about, true, "PortScan", "Detect", "scans ports");
        await Eventually.Is(3L, () => recorder.Writes);
        clock.Advance(TimeSpan.FromMinutes(11));
        recorder.Tell(about, true, "PortScan", "Detect", "scans ports");
        await Eventually.Is(4L, () => recorder.Writes);

        await Eventually.Is(3, () => All(objects, space.Name).Count);
        var first = All(objects, space.Name).Single(one => one["series"] is not null);
        Assert.Equal(51, first["series"]!["count"]!.GetValue<int>());
        Assert.Equal("Warning PortScan scans ports web", string.Join(
            ' ', first["type"], first["reason"], first["note"], first["regarding"]!["name"]));
        Assert.Equal(0, recorder.Dropped);
        await stop.CancelAsync();
        await running;
    }

    private static IReadOnlyList<System.Text.Json.Nodes.JsonObject> All(ObjectClient objects, string space) =>
        objects.ListAsync(s_events, space, "", default).GetAwaiter().GetResult();
}
