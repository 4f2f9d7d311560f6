using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Text;
using System.Text.RegularExpressions;
using NetSniff.Cli;
using NetSniff.Cli.Capturing;
using NetSniff.Cli.Commands.Top;
using NetSniff.Packets;
using NetSniff.Pipeline;
using NetSniff.Records;
using NetSniff.Sensor.Capture.PcapFile;
using NetSniff.Tests.Pipeline;

namespace NetSniff.Tests.Cli.Commands.Top;

[Collection(nameof(Alone))]
public sealed partial class TopTests
{
    private const long Second = 1_000_000_000, Start = 1_700_000_000 * Second;

    private readonly TopTally _tally = new();
    private readonly TopState _state = new();

    private static readonly TopHead s_head = new(
        "live on eth0", "", TimeSpan.FromSeconds(75), DateTimeOffset.UnixEpoch.AddHours(13), false);

    private static TalkerKey Key(uint client, ushort port) =>
        new(Address.FromV4(0x0A | BinaryPrimitives.ReverseEndianness(client)), Address.FromV4(0x0200000A), port, 6);

    private void Press(params ReadOnlySpan<char> letters)
    {
        foreach (var letter in letters) _state.Press(new ConsoleKeyInfo(letter, 0, false, false, false));
    }

    private List<string> Draw(int width = 80, int height = 24, TopHead? head = null) =>
        new TopPage(isColoured: false).Draw(_tally, _state, head ?? s_head, width, height);

    private void Fill()
    {
        for (var talker = 0u; talker < 30; talker++)
        {
            _tally.AddTraffic(Key(talker, (ushort)(8000 + talker)), 10, 1000 * (talker + 1), Start);
        }

        var trace = new SmallTrace(conversations: 20);
        using var shard = new Shard(new ShardOptions { FlowsMax = 4096 }, new Into(_tally));
        shard.Run(trace.From(Start));
        shard.Finish();
        _tally.Turn(1);
    }

    [Theory]
    [InlineData(80, 24)]
    [InlineData(200, 60)]
    [InlineData(40, 10)]
    [InlineData(3, 2)]
    public void A_page_fills_the_screen_exactly_on_every_pane(int width, int height)
    {
        Fill();
        _tally.Lost = [("kernel ring-full", 17)];
        foreach (var keys in (string[])["1", "2", "3", "1/10.0", "\u001b?", "s"])
        {
            Press(keys);
            var lines = Draw(width, height, s_head with { Title = new string('x', 300) });
            Assert.Equal(Math.Max(height, TopPage.HeightMin), lines.Count);
            Assert.All(lines, line => Assert.Equal(Math.Max(width, TopPage.WidthMin), line.Length));
        }
    }

    [Fact]
    public void The_largest_talker_is_first_and_sorting_is_by_the_column_that_is_marked()
    {
        Fill();
        var lines = Draw();
        Assert.StartsWith("netsniff top  live on eth0", lines[0]);
        Assert.EndsWith("up 1m15s  13:00:00", lines[0]);
        Assert.Contains("▼BIT/S", lines[5]);
        Assert.Matches(@"^10\.0\.0\.\d+ +10\.0\.0\.2:8029", lines[6]);
        Press('s');
        Assert.Contains("▼PKT/S", Draw()[5]);
    }

    [Fact]
    public void Protocols_have_rates_and_latencies()
    {
        Fill();
        Press('2');
        var http = Assert.Single(Draw(), line => line.StartsWith("http ", StringComparison.Ordinal));
        Assert.Matches(@" 20 +0 +0\.0% ", http); // twenty exchanges a second, none failed
        Assert.DoesNotMatch(@" - +- *$", http);
    }

    [Fact]
    public void A_filter_leaves_rows_out_until_escape()
    {
        Fill();
        Press("/802");
        Assert.Contains("/802▏", Draw()[4]);
        _state.Press(new ConsoleKeyInfo('\r', ConsoleKey.Enter, false, false, false));
        var rows = Draw()[6..^1].Where(line => line.Trim().Length > 0).ToList();
        Assert.Equal(10, rows.Count);
        Assert.All(rows, row => Assert.Contains(":802", row));
        Press("/zzz");
        Assert.Contains("no row holds '802zzz'", string.Join('\n', Draw()));
        _state.Press(new ConsoleKeyInfo('\u001b', ConsoleKey.Escape, false, false, false));
        Assert.Equal("", _state.Filter);
    }

    [Fact]
    public void Moving_stops_at_the_last_row_and_q_ends()
    {
        Fill();
        for (var turn = 0; turn < 200; turn++)
        {
            _state.Press(new ConsoleKeyInfo('j', ConsoleKey.J, false, false, false));
        }

        Draw();
        Assert.InRange(_state.Offset, 1, 51);
        _state.Press(new ConsoleKeyInfo('\0', ConsoleKey.Home, false, false, false));
        Assert.Equal(0, _state.Offset);
        Press('?');
        Assert.Contains("talkers, protocols, errors", string.Join('\n', Draw()));
        Press('x');
        Assert.False(_state.IsHelp);
        Press('q');
        Assert.True(_state.IsOver);
    }

    [Fact]
    public void What_is_lost_and_what_is_wrong_is_said()
    {
        Assert.Contains("nothing lost", Draw()[3]);
        _tally.Lost = [("kernel ring-full", 1234), ("interface missed", 0)];
        Assert.StartsWith("lost: 1,234 kernel ring-full ", Draw()[3]);
        var trouble = Draw(head: s_head with { Trouble = "eth0 is down\u001b[2J" })[^1];
        Assert.StartsWith("eth0 is down", trouble);
        Assert.DoesNotContain('\u001b', trouble);
    }

    [Fact]
    public void The_sparkline_shows_each_second_in_its_place()
    {
        for (var second = 0; second < 300; second++)
        {
            _tally.AddTraffic(Key(1, 80), 1, second % 2 == 0 ? 8000 : 1, Start + second * Second);
        }

        var line = Draw()[2];
        Assert.StartsWith(string.Concat(Enumerable.Repeat("█▁", 20)), line.TrimStart('▁'));
        Assert.Contains("max 64kb/s", line);
        _tally.AddTraffic(Key(1, 80), 1, 8, Start + 900 * Second);
        Assert.Equal(1, Draw()[2].Count(letter => letter == '█'));
    }

    [Fact]
    public void What_packets_were_taken_for_is_put_right_by_records()
    {
        var wire = new SmallTrace(conversations: 3).From(Start);
        Packet packet = default;
        foreach (ref readonly var frame in wire.AsSpan())
        {
            PacketDecoder.Decode(in frame, ref packet);
            // As if the smaller port were the client's.
            var key = TalkerKey.Of(in packet);
            var turned = new TalkerKey(key.Server, key.Client, packet.SourcePort == key.Port
                ? packet.TargetPort : packet.SourcePort, key.Protocol);
            _tally.AddTraffic(turned, 1, frame.WireLength, Start);
        }

        var (bytes, packets) = (_tally.Traffic.Bytes, _tally.Traffic.Count);
        using var shard = new Shard(new ShardOptions { FlowsMax = 4096 }, new Into(_tally));
        shard.Run(wire);
        shard.Finish();
        var named = _tally.Protocols.Where(one => one.Traffic.Count > 0).Select(one => one.Name);
        Assert.Equal(["dns", "http"], named.Order());
        Assert.Equal((bytes, packets), (
            _tally.Talkers.Sum(talker => talker.Value.Bytes), _tally.Talkers.Sum(talker => talker.Value.Count)));
        Assert.Equal(bytes, _tally.Protocols.Sum(one => one.Traffic.Bytes));
        Assert.All(_tally.Talkers, talker => Assert.True(talker.Key.Port < 20_000));
    }

    [Fact]
    public void Talkers_without_end_stay_within_a_bound()
    {
        for (var number = 0u; number < 50_000; number++) _tally.AddTraffic(Key(number, 80), 1, 100, Start);
        Assert.InRange(_tally.Talkers.Count(), 1, 8_192);
        Assert.Equal(5_000_000, _tally.Traffic.Bytes);
    }

    [Fact]
    public void The_screen_is_taken_written_where_it_changed_and_given_back()
    {
        using var bytes = new MemoryStream();
        using (var screen = new TopScreen(bytes))
        {
            screen.Show(["one", "two"], isAnew: true);
            bytes.SetLength(0);
            screen.Show(["one", "TWO"], isAnew: false);
            Assert.Equal("\u001b[2;1HTWO", Encoding.UTF8.GetString(bytes.ToArray()));
        }

        Assert.EndsWith("\u001b[?25h\u001b[?1049l", Encoding.UTF8.GetString(bytes.ToArray()));
    }

    [Fact]
    public void A_file_is_shown_whole_and_keys_work()
    {
        var path = Path.Combine(Repository.Root, "cli/Commands/Demo/Shop/shop.pcapng.gz");
        using var output = new MemoryStream();
        using var keys = new BlockingCollection<ConsoleKeyInfo>();
        using var interrupts = new Interrupts(listens: false);
        var terminal = new Terminal { Output = output, Error = TextWriter.Null, IsPlain = true };
        using var source = new CaptureTopSource(
            path, [PcapFileCapture.Open(path)], isLive: false, () => null, TimeProvider.System);
        var asked = 0;
        var loop = new TopLoop(terminal, source, interrupts)
        {
            Size = () => (100, 30),
            ReadKey = () =>
            {
                // The first page that says it is over, then the protocols, then the end.
                while (!source.IsOver) Thread.Sleep(10);
                Thread.Sleep(600);
                return new ConsoleKeyInfo("2q"[Math.Min(asked++, 1)], 0, false, false, false);
            },
        };
        loop.Run();
        var text = Csi().Replace(Encoding.UTF8.GetString(output.ToArray()), "\n");
        Assert.Contains("ended  up ", text);
        Assert.Contains("PROTOCOL", text);
        Assert.Contains("\nhttp ", text);
        Assert.Contains("\ndns ", text);
    }

    [GeneratedRegex(@"\u001b\[[?0-9;]*[A-Za-z]")]
    private static partial Regex Csi();

    private sealed class Into(TopTally tally) : RecordConsumer
    {
        public override void Consume(ReadOnlySpan<byte> records, int count)
        {
            foreach (var record in new RecordWalker(records)) tally.AddRecord(record, hasTraffic: false);
        }
    }
}
