using System.Text.Json;
using NetSniff.Sensor.Capture;
using NetSniff.Sensor.Capture.AfPacket;
using NetSniff.Sensor.Capture.LibPcap;

namespace NetSniff.Tests.Capture;

/// <summary>Two namespaces joined by a veth pair: `near`, where tests send, and `far`, where they capture.</summary>
internal sealed class TestNetwork : IDisposable
{
    public const string Near = "near", Far = "far";
    public const string NearAddress = "10.9.0.1", FarAddress = "10.9.0.2";

    /// <summary>Longest wait for what must come; a test that is well never waits so long.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    public static readonly byte[] NearMac = [2, 0, 0, 0, 0, 1], FarMac = [2, 0, 0, 0, 0, 2];

    public TestNetwork()
    {
        TestNamespace.Need();
        NearSpace = new TestNamespace();
        FarSpace = new TestNamespace();
        NearSpace.Ip($"link add {Near} address 02:00:00:00:00:01 type veth peer name {Far} address 02:00:00:00:00:02");
        NearSpace.Ip($"link set {Far} netns {FarSpace.Path}");
        NearSpace.Ip($"addr add {NearAddress}/24 dev {Near}");
        NearSpace.Ip($"link set {Near} up");
        NearSpace.Ip("link set lo up");
        FarSpace.Ip($"addr add {FarAddress}/24 dev {Far}");
        FarSpace.Ip($"link set {Far} up");
        FarSpace.Ip("link set lo up");
        AwaitUp(NearSpace, Near);
        AwaitUp(FarSpace, Far);
    }

    public TestNamespace NearSpace { get; }

    public TestNamespace FarSpace { get; }

    /// <summary>Capturing on the far side; a test changes what it is about.</summary>
    public LiveOptions Options => new() { Interfaces = [Far], NetworkNamespace = FarSpace.Path, RingMebibytes = 16 };

    /// <summary>The same, with a filter in pcap-filter syntax.</summary>
    public LiveOptions Filtered(string text) => Options with { Filter = Filter(text) };

    /// <summary>Opens by the name of the backend; the test is skipped where it does not work.</summary>
    public static IReadOnlyList<PacketCapture> Open(string backend, LiveOptions options)
    {
        var found = Captures.All.Single(known => known.Info.Name == backend);
        var support = found.Support();
        if (!support.IsSupported) Assert.Skip($"{backend}: {support.Why}: {support.Remedy}");
        return found.Open!(options);
    }

    public static PacketCapture OpenOne(string backend, LiveOptions options) => Assert.Single(Open(backend, options));

    public static CaptureFilter Filter(string text)
    {
        if (!FilterCompiler.IsSupported) Assert.Skip("no libpcap here to compile filters: install libpcap0.8");
        return FilterCompiler.Filter(text);
    }

    public PacketSender FromNear() => new(NearSpace, Near);

    public PacketSender FromFar() => new(FarSpace, Far);

    /// <summary>Packets that left the near side and never came to the far one, as the kernel counts them.</summary>
    public long LostBetween()
    {
        using var links = JsonDocument.Parse(NearSpace.Ip($"-s -j link show dev {Near}"));
        return links.RootElement[0].GetProperty("stats64").GetProperty("tx").GetProperty("dropped").GetInt64();
    }

    /// <summary>Waits until what is sent on an interface goes out: for a moment after it was set up, nothing does.
    /// </summary>
    public static void AwaitUp(TestNamespace space, string name) => Await(
        () => space.Ip($"link show dev {name}").Contains("state UP", StringComparison.Ordinal),
        () => $"{name} stays down");

    /// <summary>Waits until the captures have been offered that many frames.</summary>
    public static void AwaitOffered(IReadOnlyList<PacketCapture> captures, long count) => Await(
        () => captures.Sum(capture => capture.Counters.Offered ?? 0) >= count,
        () => $"{captures.Sum(capture => capture.Counters.Offered)} of {count} frames were offered");

    public static void Await(Func<bool> condition, Func<string> text)
    {
        var end = Environment.TickCount64 + (long)Patience.TotalMilliseconds;
        while (!condition())
        {
            if (Environment.TickCount64 > end) Assert.Fail(text());
            Thread.Sleep(1);
        }
    }

    public void Dispose()
    {
        NearSpace.Dispose();
        FarSpace.Dispose();
    }
}
