using System.Text;
using Grpc.Core;
using NetSniff.Packets;
using NetSniff.Sensor.Capture.PcapFile;
using NetSniff.Sensor.Keeping;
using NetSniff.Tests.Cli.Commands.Records;
using NetSniff.Wire.Health;
using NetSniff.Wire.Querying;
using NetSniff.Wire.V1;

namespace NetSniff.Tests.Cli.Commands.Pcap;

/// <summary>Packets of real sensors by way of real workers.</summary>
[Collection(nameof(Alone))]
public sealed class PacketsTests
{
    /// <summary>Packets of the demo's capture.</summary>
    private const int ShopPackets = 672;

    private static string Shop => Path.Combine(Repository.Root, "cli/Commands/Demo/Shop/shop.pcapng.gz");

    [Fact]
    public async Task Every_sensor_is_asked_once_whoever_it_is_connected_to()
    {
        await using var scene = await PacketScene.StartAsync(workers: 2, [[0, 1], [1], [0]]);
        for (var worker = 0; worker < 2; worker++)
        {
            var answer = await AskAsync(scene, new PacketsRequest(), worker);
            Assert.Equal(3 * ShopPackets, answer.Frames.Count);
            Assert.Equal(answer.Frames.Select(one => one.Time).Order(), answer.Frames.Select(one => one.Time));
            Assert.Equal(
                ["node-0", "node-1", "node-2"],
                answer.Interfaces.Select(name => name.Split('/')[0]).Distinct().Order());
            Assert.Equal((2u, 3u), (answer.Completeness.Workers, answer.Completeness.Sensors));
            Assert.Empty(answer.Completeness.AbsentSensors);
        }

        var one = await AskAsync(scene, new PacketsRequest { Nodes = { "node-1" } });
        Assert.Equal(ShopPackets, one.Frames.Count);
        Assert.All(one.Interfaces, name => Assert.StartsWith("node-1/", name + "/"));
    }

    [Fact]
    public async Task Connections_of_matching_records_are_cut_whole_and_packets_are_asked_what_they_know()
    {
        await using var scene = await PacketScene.StartAsync(workers: 2, [[1]]);
        var all = FramesOf(Shop);
        var wanted = all.Where(one => one.Text.Contains("/checkout HTTP", StringComparison.Ordinal))
            .Select(one => one.Flow).ToHashSet();
        Assert.NotEmpty(wanted);
        var answer = await AskAsync(scene, new PacketsRequest { Where = "http.uri contains \"/checkout\"" });
        Assert.Equal(all.Count(one => wanted.Contains(one.Flow)), answer.Frames.Count);
        Assert.Equal(wanted, answer.Frames.Select(one => one.Flow).ToHashSet());

        var dns = await AskAsync(scene, new PacketsRequest { Where = "port == 53" });
        Assert.Equal(all.Count(one => one.HasPort(53)), dns.Frames.Count);
        // More flows than one word to another worker holds; ARP belongs to none.
        var flows = await AskAsync(scene, new PacketsRequest { Where = "kind == flow" });
        Assert.Equal(all.Count(one => one.Protocol != 0), flows.Frames.Count);
        Assert.True(flows.Frames.Select(one => one.Flow).Distinct().Count() > 50);
        var nothing = await AskAsync(scene, new PacketsRequest { Where = "http.uri contains \"/nothing/like/it\"" });
        Assert.Empty(nothing.Frames);
        var times = all.Select(one => one.Time).Order().ToList();
        var some = await AskAsync(scene, new PacketsRequest { SinceNanos = times[100], UntilNanos = times[199] });
        Assert.Equal(times.Count(time => time >= times[100] && time <= times[199]), some.Frames.Count);
    }

    [Fact]
    public async Task A_filter_in_the_language_of_tcpdump_is_asked_at_the_sensors_and_by_connections_too()
    {
        await using var scene = await PacketScene.StartAsync(workers: 2, [[1]]);
        var all = FramesOf(Shop);
        var dns = await AskAsync(scene, new PacketsRequest { BpfFilter = "udp src port 53" });
        Assert.Equal(
            all.Count(static one => one is { Protocol: IpProtocol.Udp, SourcePort: 53 }), dns.Frames.Count);
        var wanted = all.Where(one => one.Text.Contains("/checkout HTTP", StringComparison.Ordinal))
            .Select(one => one.Flow).ToHashSet();
        var asked = new PacketsRequest
        {
            Where = "http.uri contains \"/checkout\"", BpfFilter = "tcp[tcpflags] & tcp-syn != 0",
        };
        var begun = await AskAsync(scene, asked);
        Assert.NotEmpty(begun.Frames);
        Assert.All(begun.Frames, one => Assert.Contains(one.Flow, wanted));
        Assert.True(begun.Frames.Count < all.Count(one => wanted.Contains(one.Flow)));

        var wrong = await AskAsync(scene, new PacketsRequest { BpfFilter = "tcp port 80 and" });
        Assert.Empty(wrong.Frames);
        Assert.StartsWith("filter 'tcp port 80 and': ", Assert.Single(wrong.Completeness.AbsentSensors).Why);
        var problem = await Assert.ThrowsAsync<RpcException>(
            () => AskAsync(scene, new PacketsRequest { BpfFilter = new string('1', 1025) }));
        Assert.Equal(StatusCode.InvalidArgument, problem.StatusCode);
        problem = await Assert.ThrowsAsync<RpcException>(
            () => AskAsync(scene, new PacketsRequest { BpfFilter = "host shop.example" }));
        Assert.Equal(StatusCode.InvalidArgument, problem.StatusCode);
        Assert.Contains("write addresses", problem.Status.Detail);
    }

    [Fact]
    public async Task A_classic_file_has_the_same_packets()
    {
        await using var scene = await PacketScene.StartAsync(workers: 1, [[0], [0]]);
        var newer = await AskAsync(scene, new PacketsRequest { Where = "port == 53" });
        var classic = await AskAsync(scene, new PacketsRequest { Where = "port == 53", ClassicPcap = true });
        Assert.Equal("4d3cb2a1", Convert.ToHexStringLower(classic.File.AsSpan(0, 4)));
        Assert.Equal(
            newer.Frames.Select(static one => (one.Time, one.Flow, one.Text)),
            classic.Frames.Select(static one => (one.Time, one.Flow, one.Text)));
        var nothing = await AskAsync(scene, new PacketsRequest { UntilNanos = 1, ClassicPcap = true });
        Assert.Equal(24, nothing.File.Length);
    }

    [Fact]
    public async Task Raw_packets_need_a_permission_of_their_own_and_each_request_leaves_a_line()
    {
        await using var scene = await PacketScene.StartAsync(workers: 1, [[0]]);
        await scene.Client(0, PacketScene.Secret).StatusAsync(new StatusRequest());
        await RefusedAsync(scene.Client(0, PacketScene.Secret));
        Assert.Contains("audit: packets: token at 127.0.0.1 is refused", scene.Said);
        using var sensor = scene.Authority.Issue("s-0");
        await RefusedAsync(As(sensor));
        using var alice = scene.Authority.Issue("alice");
        var request = new PacketsRequest { Where = "port == 53", Why = "a slow name" };
        var answer = await AskAsync(scene, request, client: As(alice));
        var count = FramesOf(Shop).Count(one => one.HasPort(53));
        Assert.Equal(count, answer.Frames.Count);
        const string Alice = "audit: packets: alice at 127.0.0.1";
        Assert.Contains($"{Alice} asks for packets where port == 53 (a slow name)", scene.Said);
        Assert.Matches($"{Alice} got {count} packets in [0-9]+ bytes: done", scene.Said);

        using var relay = scene.Client().Relay();
        var refusal = await Assert.ThrowsAsync<RpcException>(() => relay.ResponseStream.MoveNext(default));
        Assert.Equal(StatusCode.PermissionDenied, refusal.StatusCode);
        var metrics = PrometheusText.Write(scene.Workers[0].Board.Scrape());
        Assert.Contains("netsniff_packet_requests_total{outcome=\"refused\"} 3", metrics);
        Assert.Contains($"netsniff_packet_answers_packets_total {count}", metrics);

        Query.QueryClient As(System.Security.Cryptography.X509Certificates.X509Certificate2 certificate) =>
            QueryChannel.To(new QueryEndpoint
            {
                Address = scene.Workers[0].QueryAddress,
                Authorities = scene.Authority.Roots,
                Identity = System.Net.Security.SslStreamCertificateContext.Create(certificate, null, offline: true),
            }).Client;

        static async Task RefusedAsync(Query.QueryClient client)
        {
            using var call = client.Packets(new PacketsRequest());
            var problem = await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext(default));
            Assert.Equal(StatusCode.PermissionDenied, problem.StatusCode);
            Assert.Contains("need a permission of their own", problem.Status.Detail);
        }
    }

    [Fact]
    public async Task Limits_that_were_asked_for_end_it_and_are_told()
    {
        await using var scene = await PacketScene.StartAsync(workers: 1, [[0], [0]]);
        var ten = await AskAsync(scene, new PacketsRequest { PacketsMax = 10 });
        Assert.Equal(10, ten.Frames.Count);
        Assert.False(ten.Completeness.IsCut);
        Assert.Contains("ended at 10 packets, as asked for", ten.Completeness.Notes);
        var small = await AskAsync(scene, new PacketsRequest { BytesMax = 20_000 });
        Assert.InRange(small.File.Length, 20_000, 24_000);
        // The second sensor's are as old as the first's: taken in turn, not one after the other.
        Assert.Equal(2, ten.Interfaces.Select(name => name.Split('/')[0]).Distinct().Count());
    }

    [Fact]
    public async Task What_is_missing_is_said_in_the_answer_and_in_the_file()
    {
        await using var scene = await PacketScene.StartAsync(
            workers: 1, [[0], [0]], new PacketWish(64 << 20, TimeSpan.FromHours(1), false));
        var gone = scene.Sensors[1];
        await gone.DisposeAsync();
        scene.Sensors.RemoveAt(1);
        await scene.UntilAsync(() => scene.Workers[0].Host.Links.All.Count == 1, "the line is gone");
        var answer = await AskAsync(scene, new PacketsRequest { SinceNanos = 1 });
        Assert.Equal(ShopPackets, answer.Frames.Count);
        var absence = Assert.Single(answer.Completeness.AbsentSensors);
        Assert.Equal(("node-1", "it is not connected to any worker"), (absence.Worker, absence.Why));
        Assert.Equal(2u, answer.Completeness.Sensors);
        var head = Encoding.UTF8.GetString(answer.File.AsSpan(0, 1024));
        Assert.Contains("incomplete: node-1: it is not connected to any worker", head);
        Assert.Contains("node-0 keeps packets from ", head);
        Assert.Contains("node-0 keeps payload only where it is ciphertext", head);
        Assert.DoesNotContain("HTTP/1.1", Encoding.Latin1.GetString(answer.File));

        var problem = await Assert.ThrowsAsync<RpcException>(
            () => AskAsync(scene, new PacketsRequest { Nodes = { "node-9" } }));
        Assert.Equal(StatusCode.NotFound, problem.StatusCode);
    }

    [Fact]
    public async Task A_sensor_without_packets_says_so()
    {
        await using var scene = await PacketScene.StartAsync(workers: 1, [[0]], PacketWish.None);
        var answer = await AskAsync(scene, new PacketsRequest());
        Assert.Empty(answer.Frames);
        Assert.Contains("keeps no packets", Assert.Single(answer.Completeness.AbsentSensors).Why);
    }

    /// <summary>One sensor by our own line, one by way of another worker.</summary>
    [Fact]
    public async Task Who_goes_away_takes_every_task_on_every_node_along()
    {
        await using var scene = await PacketScene.StartAsync(workers: 2, [[0], [1]]);
        using (var call = scene.Client().Packets(new PacketsRequest { Follow = true, SinceNanos = 1 }))
        {
            Assert.True(await call.ResponseStream.MoveNext(default));
            await scene.UntilAsync(
                () => scene.Sensors.All(static one => one.Host.TasksRunning == 1), "both sensors are at it");
            Assert.Equal((3, 1), (Tasks(scene, 0), Tasks(scene, 1)));
        }

        await scene.UntilAsync(
            () => scene.Sensors.All(static one => one.Host.TasksRunning == 0), "no sensor is at it");
        await scene.UntilAsync(() => Tasks(scene, 0) + Tasks(scene, 1) == 0, "no worker waits for anything");
        Assert.Contains("cancelled", scene.Said);
    }

    [Fact]
    public async Task A_sensor_that_goes_away_meanwhile_is_named_at_the_end()
    {
        await using var scene = await PacketScene.StartAsync(workers: 2, [[0], [1]]);
        var request = new PacketsRequest { Follow = true, SinceNanos = 1, PacketsMax = 10_000 };
        using var call = scene.Client().Packets(request);
        var packets = 0UL;
        while (packets < 2 * ShopPackets)
        {
            Assert.True(await call.ResponseStream.MoveNext(default));
            packets = call.ResponseStream.Current.Packets;
        }

        foreach (var sensor in scene.Sensors) await sensor.DisposeAsync();
        scene.Sensors.Clear();
        Completeness? whole = null;
        while (await call.ResponseStream.MoveNext(default)) whole = call.ResponseStream.Current.Completeness;
        Assert.Equal(
            ["node-0: went away", "node-1: went away"],
            whole!.AbsentSensors.Select(one => $"{one.Worker}: {one.Why}").Order());
        Assert.Contains("partial", scene.Said);
    }

    [Fact]
    public async Task Less_depth_lasts_as_long_as_somebody_wants_it()
    {
        await using var scene = await PacketScene.StartAsync(workers: 2, [[0], [1]]);
        var (command, ended) = TestCommand.Begin(["depth", "headers", "--for", "2s", .. scene.Server()]);
        await scene.UntilAsync(
            () => scene.Sensors.All(static one => one.Host.Status().Rung == "headers"), "both look less deep");
        await command.UntilAsync(
            static one => one.Error.Contains("2 of 2 sensors are on headers now", StringComparison.Ordinal), "told");
        await ended;
        Assert.Equal(0, command.Code);
        Assert.Contains("the time is over", command.Error);
        await scene.UntilAsync(
            () => scene.Sensors.All(static one => one.Host.Status().Rung == "full"), "they went back");

        var request = new DepthRequest { Rung = "flows", Seconds = 600, Nodes = { "node-1" } };
        using (var call = scene.Client().Depth(request))
        {
            Assert.True(await call.ResponseStream.MoveNext(default));
            Assert.Equal(1u, call.ResponseStream.Current.Completeness.Sensors);
            Assert.Equal("full", scene.Sensors[0].Host.Status().Rung);
            Assert.Equal("flows", scene.Sensors[1].Host.Status().Rung);
        }

        await scene.UntilAsync(() => scene.Sensors[1].Host.Status().Rung == "full", "its caller went away");
        Assert.Contains("audit: depth: packets-token at 127.0.0.1 asks for flows", scene.Said);
        using var refused = scene.Client(0, PacketScene.Secret).Depth(new DepthRequest { Rung = "flows", Seconds = 1 });
        var problem = await Assert.ThrowsAsync<RpcException>(() => refused.ResponseStream.MoveNext(default));
        Assert.Equal(StatusCode.PermissionDenied, problem.StatusCode);
    }

    /// <summary>The past of a connection comes when a record of it is found, and what follows after it.</summary>
    [Fact]
    public async Task Following_a_filter_over_records_finds_their_connections()
    {
        await using var scene = await PacketScene.StartAsync(workers: 2, [[1]]);
        var all = FramesOf(Shop);
        var wanted = all.Where(one => one.Text.Contains("/checkout HTTP", StringComparison.Ordinal))
            .Select(one => one.Flow).ToHashSet();
        var expected = (ulong)all.Count(one => wanted.Contains(one.Flow));
        var request = new PacketsRequest
        {
            Follow = true, SinceNanos = 1, Where = "http.uri contains \"/checkout\"", PacketsMax = expected,
        };
        var answer = await AskAsync(scene, request);
        Assert.Equal(wanted, answer.Frames.Select(one => one.Flow).ToHashSet());
        Assert.Equal((int)expected, answer.Frames.Count);
    }

    private static int Tasks(PacketScene scene, int worker)
    {
        const string Name = "netsniff_tasks_running ";
        var metrics = PrometheusText.Write(scene.Workers[worker].Board.Scrape());
        var line = metrics.Split('\n').Single(one => one.StartsWith(Name, StringComparison.Ordinal));
        return int.Parse(line[Name.Length..], System.Globalization.CultureInfo.InvariantCulture);
    }

    private static async Task<Answer> AskAsync(
        PacketScene scene, PacketsRequest request, int worker = 0, Query.QueryClient? client = null)
    {
        using var call = (client ?? scene.Client(worker)).Packets(request, deadline: DateTime.UtcNow.AddSeconds(60));
        var file = new MemoryStream();
        Completeness? completeness = null;
        while (await call.ResponseStream.MoveNext(default))
        {
            var answer = call.ResponseStream.Current;
            if (answer.WhatCase == PacketsAnswer.WhatOneofCase.Pcapng) answer.Pcapng.WriteTo(file);
            else completeness = answer.Completeness;
        }

        var path = scene.Folder["answer.pcapng"];
        File.WriteAllBytes(path, file.ToArray());
        using var capture = PcapFileCapture.Open(path);
        var frames = FramesOf(capture);
        return new Answer(file.ToArray(), frames, [.. capture.Interfaces.Select(one => one.Name)], completeness!);
    }

    private static List<SeenFrame> FramesOf(string path)
    {
        using var capture = PcapFileCapture.Open(path);
        return FramesOf(capture);
    }

    private static List<SeenFrame> FramesOf(PcapFileCapture capture)
    {
        List<SeenFrame> seen = [];
        var (frames, packet) = (new Frame[64], new Packet());
        for (var count = 0; (count = capture.Receive(frames, TimeSpan.Zero)) >= 0; capture.Release())
        {
            foreach (var frame in frames.AsSpan(0, count))
            {
                PacketDecoder.Decode(in frame, ref packet);
                seen.Add(new SeenFrame(
                    frame.TimeNanos, packet.Hash, packet.Protocol, packet.SourcePort, packet.TargetPort,
                    Encoding.Latin1.GetString(frame.Bytes)));
            }
        }

        Assert.Null(capture.Problem);
        return seen;
    }

    private sealed record SeenFrame(
        long Time, ulong Flow, byte Protocol, ushort SourcePort, ushort TargetPort, string Text)
    {
        public bool HasPort(ushort port) => Protocol is IpProtocol.Tcp or IpProtocol.Udp
            && (SourcePort == port || TargetPort == port);
    }

    private sealed record Answer(
        byte[] File, List<SeenFrame> Frames, List<string> Interfaces, Completeness Completeness);
}
