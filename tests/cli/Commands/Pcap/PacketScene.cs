using System.Net;
using NetSniff.Cli;
using NetSniff.Cli.Hosting;
using NetSniff.Sensor.Keeping;
using NetSniff.Tests.Commands;
using NetSniff.Tests.Worker.Serve;
using NetSniff.Wire.Health;
using NetSniff.Wire.Querying;
using NetSniff.Wire.Ring;
using NetSniff.Wire.Security;
using NetSniff.Wire.V1;

namespace NetSniff.Tests.Cli.Commands.Pcap;

/// <summary>Real workers and sensors on loopback, put together as the program does it. Each sensor has read the demo's
/// capture and keeps its packets.</summary>
internal sealed class PacketScene : IAsyncDisposable
{
    public const string Secret = "a secret for records";
    public const string PacketsSecret = "a secret for packets";

    private readonly List<QueryChannel> _channels = [];
    private readonly string _membersFile;
    private readonly LockedText _said = new();

    private PacketScene()
    {
        _membersFile = Folder["members"];
        File.WriteAllText(_membersFile, "");
        File.WriteAllText(Folder["token"], Secret);
        File.WriteAllText(Folder["packets-token"], PacketsSecret);
        File.WriteAllText(Folder["ca.crt"], Authority.RootPem);
    }

    public TemporaryFolder Folder { get; } = new();

    public TestAuthority Authority { get; } = new();

    public List<WorkerProgram> Workers { get; } = [];

    public List<SensorProgram> Sensors { get; } = [];

    /// <summary>What all of them said, the audit among it.</summary>
    public string Said => _said.ToString();

    private static string Shop => Path.Combine(Repository.Root, "cli/Commands/Demo/Shop/shop.pcapng.gz");

    /// <param name="sensors">For each the workers it knows, by number.</param>
    public static async Task<PacketScene> StartAsync(
        int workers, int[][] sensors, PacketWish? wish = null, string? names = null)
    {
        var scene = new PacketScene();
        for (var number = 0; number < workers; number++) await scene.AddWorkerAsync(number, names);
        scene.WriteMembers();
        wish ??= new PacketWish(64 << 20, TimeSpan.FromHours(1), true);
        for (var number = 0; number < sensors.Length; number++)
        {
            await scene.AddSensorAsync(number, sensors[number], wish);
        }

        await scene.UntilAsync(
            () => scene.Sensors.All(static one => one.Host.Spooled.Records == 0)
                && scene.Workers.All(static one => one.Host.LogRecordsWaiting == 0)
                && sensors.Index().All(one => one.Item.All(worker =>
                    scene.Workers[worker].Host.Links.Find(scene.Sensors[one.Index].Host.Id) is not null)),
            "records are stored and lines are there");
        for (var number = 0; number < workers; number++)
        {
            var client = scene.Client(number);
            await scene.UntilAsync(
                () => client.Status(new StatusRequest()).Completeness is { Absent.Count: 0 } whole
                    && whole.Workers == workers,
                "workers know each other");
        }

        return scene;
    }

    /// <summary>The command line's words for a worker.</summary>
    public string[] Server(int worker = 0, bool forPackets = true) =>
    [
        "--server", Workers[worker].QueryAddress, "--ca", Folder["ca.crt"], "--token-file",
        Folder[forPackets ? "packets-token" : "token"],
    ];

    public Query.QueryClient Client(int worker = 0, string token = PacketsSecret)
    {
        var channel = QueryChannel.To(new QueryEndpoint
        {
            Address = Workers[worker].QueryAddress, Authorities = Authority.Roots, Token = token,
        });
        _channels.Add(channel);
        return channel.Client;
    }

    public async Task UntilAsync(Func<bool> isSo, string what)
    {
        for (var left = 600; !isSo(); left--)
        {
            Assert.True(left > 0, $"{what}\n{Said}");
            await Task.Delay(100);
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var channel in _channels) channel.Dispose();
        foreach (var sensor in Sensors) await sensor.DisposeAsync();
        foreach (var worker in Workers)
        {
            await worker.StopAsync();
            await worker.DisposeAsync();
        }

        Authority.Dispose();
        Folder.Dispose();
    }

    private Terminal Terminal() => new() { Output = Stream.Null, Error = _said };

    private async Task AddWorkerAsync(int number, string? names)
    {
        var name = $"w-{number}";
        Authority.IssueTo(Folder[$"tls-{name}"], name);
        var worker = new WorkerProgram(
            Terminal(),
            new WorkerSettings
            {
                Name = name,
                Folder = Folder[name],
                Ingest = new IPEndPoint(IPAddress.Loopback, 0),
                Query = new IPEndPoint(IPAddress.Loopback, 0),
                Health = null,
                Certificates = CertificatePaths.In(Folder[$"tls-{name}"]),
                TokenFile = Folder["token"],
                PacketsTokenFile = Folder["packets-token"],
                PacketsFor = new HashSet<string> { "alice" },
                IdentityFile = names,
                Workers = new WorkersChoice(File: _membersFile),
            },
            new HealthBoard("worker", "test"));
        Workers.Add(worker);
        await worker.StartAsync();
    }

    private void WriteMembers() => File.WriteAllText(
        _membersFile, string.Join('\n', Workers.Select(static one => $"{one.Host.Name}={one.QueryAddress}")));

    private async Task AddSensorAsync(int number, int[] workers, PacketWish wish)
    {
        var name = $"s-{number}";
        Authority.IssueTo(Folder[$"tls-{name}"], name);
        var sensor = new SensorProgram(
            Terminal(),
            new SensorSettings
            {
                Node = $"node-{number}",
                Folder = Folder[name],
                Certificates = CertificatePaths.In(Folder[$"tls-{name}"]),
                Files = [Shop],
                Health = null,
                Packets = wish,
            },
            new HealthBoard("sensor", "test"),
            new FixedMembers([.. workers.Select(worker =>
                new RingMember(Workers[worker].Host.Name, Workers[worker].Host.Address))]));
        Sensors.Add(sensor);
        await sensor.StartAsync();
        await sensor.Host.Captured;
    }
}
