using System.Buffers.Binary;
using System.Text;
using System.Text.RegularExpressions;
using NetSniff.Cli;
using NetSniff.Cli.Capturing;
using NetSniff.Cli.Commands.Top;
using NetSniff.Filters.Expression;
using NetSniff.Packets;
using NetSniff.Pipeline;
using NetSniff.Protocols.Http;
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
        foreach (var keys in (string[])["1", "2", "3", "1/10.0", "\u001b?", "x:sort", "\u001bs"])
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

    private void PressKey(ConsoleKey key) => _state.Press(new ConsoleKeyInfo('\0', key, false, false, false));

    /// <summary>As the loop does it between two pictures.</summary>
    private List<string> DrawNarrowed()
    {
        _tally.Narrow(_state.Filter.Length == 0 ? null : FilterExpression.Parse(_state.Filter).Filter);
        return Draw(width: 120);
    }

    [Fact]
    public void A_filter_is_in_the_one_language_and_escape_takes_it_away()
    {
        Fill();
        Press("/dst.port in 8020..8029");
        Assert.StartsWith("/dst.port in 8020..8029▏", Draw()[^1]);
        PressKey(ConsoleKey.Enter);
        var rows = DrawNarrowed()[6..^1].Where(line => line.Trim().Length > 0).ToList();
        Assert.Equal(10, rows.Count);
        Assert.All(rows, row => Assert.Contains(":802", row));
        Press("/dst.port == 1");
        PressKey(ConsoleKey.Enter);
        Assert.Contains("nothing of that so far", string.Join('\n', DrawNarrowed()));
        Assert.Contains("dst.port in 8020..8029 › dst.port == 1", DrawNarrowed()[4]);
        PressKey(ConsoleKey.Escape);
        PressKey(ConsoleKey.Escape);
        Assert.Equal("", _state.Filter);
        Assert.Equal(17, DrawNarrowed()[6..^1].Count(line => line.Trim().Length > 0));
        Assert.Null(_tally.Narrowed);
    }

    [Fact]
    public void What_cannot_be_typed_is_told_and_typing_goes_on()
    {
        Fill();
        Press("/http.stat > 3");
        PressKey(ConsoleKey.Enter);
        Assert.Contains("did you mean http.status?", Draw(width: 100)[^1]);
        Assert.Equal("", _state.Filter);
        Press("x"); // typed on
        Assert.StartsWith("/http.stat > 3x▏", Draw()[^1]);
        PressKey(ConsoleKey.Escape);
        Assert.Equal(TopTyping.Nothing, _state.Typing);
    }

    [Fact]
    public void A_row_is_looked_into_and_left_again()
    {
        Fill();
        _tally.Turn(1);
        Press("2");
        Draw();
        var http = _state.Rows.ToList().FindIndex(row => row.Cells[0] == "http");
        for (var row = 0; row < http; row++) PressKey(ConsoleKey.DownArrow);
        PressKey(ConsoleKey.Enter);
        Assert.Equal(("(app == http)", TopPane.Talkers), (_state.Filter, _state.Pane));
        var lines = DrawNarrowed();
        Assert.Contains("app == http", lines[4]);
        Assert.All(_state.Rows, row => Assert.Equal("http", row.Cells[2]));
        PressKey(ConsoleKey.Enter);
        Assert.Equal(TopPane.Protocols, _state.Pane);
        DrawNarrowed();
        Assert.Equal("http", Assert.Single(_state.Rows).Cells[0]);
        PressKey(ConsoleKey.Escape);
        PressKey(ConsoleKey.Escape);
        Assert.Equal((TopPane.Protocols, http, ""), (_state.Pane, _state.Selected, _state.Filter));
    }

    [Theory]
    [InlineData("errors", "Errors", 0, "")]
    [InlineData("sort total", "Talkers", 3, "")]
    [InlineData("sort tx", "Talkers", 2, "")]
    [InlineData("dns", "Talkers", 0, "(kind == dns)")]
    [InlineData("kind http", "Talkers", 0, "(kind == http)")]
    public void A_command_chooses_pane_order_and_kind(string line, string pane, int sort, string filter)
    {
        Press(":" + line);
        PressKey(ConsoleKey.Enter);
        Assert.Equal((pane, sort, filter, ""), (_state.Pane.ToString(), _state.Sort, _state.Filter, _state.Complaint));
    }

    [Fact]
    public void A_command_that_is_not_known_is_told_what_was_meant()
    {
        Press(":protocls");
        PressKey(ConsoleKey.Enter);
        Assert.Contains("did you mean protocols?", Draw()[^1]);
        PressKey(ConsoleKey.Escape);
        Press(":q");
        PressKey(ConsoleKey.Enter);
        Assert.True(_state.IsOver);
    }

    [Fact]
    public void Those_who_had_such_records_are_shown_with_their_traffic()
    {
        Fill();
        _tally.Narrow(FilterExpression.Parse("http.status == 200").Filter);
        var narrow = _tally.Narrowed!;
        Assert.Equal(20, narrow.Transactions.Count);
        Assert.Equal(["http"], narrow.Protocols.Where(one => one.Transactions.Count > 0).Select(one => one.Name));
        var key = Assert.Single(narrow.Talkers.Select(talker => talker.Key.Port).Distinct());
        _tally.AddTraffic(narrow.Talkers.First().Key, 1, 1000, Start);
        Assert.Equal(1000, narrow.Traffic.Bytes);
        _tally.AddTraffic(Key(1, (ushort)(key + 1)), 1, 1000, Start);
        Assert.Equal(1000, narrow.Traffic.Bytes);
        Assert.Equal(0, narrow.Traffic.ByteRate);
    }

    [Fact]
    public void Records_kept_for_filters_stay_within_a_bound()
    {
        var recent = new RecentRecords();
        var sink = TestRecords.NewSink();
        sink.Emit(new HttpRecord { Uri = new byte[50_000] }, Start);
        for (var number = 0; number < 1000; number++) recent.Add(new RecordView(sink.Bytes));
        var kept = recent.Pages().Sum(page => (long)page.Length);
        Assert.InRange(kept, RecentRecords.BytesMax / 2, RecentRecords.BytesMax + (1 << 20));
    }

    [Fact]
    public void Moving_stops_at_the_last_row_and_q_ends()
    {
        Fill();
        Draw();
        for (var turn = 0; turn < 200; turn++) PressKey(ConsoleKey.DownArrow);
        Draw();
        Assert.Equal(_state.Rows.Count - 1, _state.Selected);
        Assert.InRange(_state.Offset, _state.Selected - 17, _state.Selected);
        PressKey(ConsoleKey.Home);
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
        using var output = new SharedStream();
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
                var awaited = asked++ == 0 ? "ended  up " : "PROTOCOL ";
                Assert.True(SpinWait.SpinUntil(() => output.Holds(awaited), TimeSpan.FromMinutes(1)), awaited);
                return new ConsoleKeyInfo(asked == 1 ? '2' : 'q', 0, false, false, false);
            },
        };
        loop.Run();
        var text = Csi().Replace(output.ToString(), "\n");
        Assert.Contains("ended  up ", text);
        Assert.Contains("PROTOCOL", text);
        Assert.Contains("\nhttp ", text);
        Assert.Contains("\ndns ", text);
    }

    /// <summary>Where the screen is written by one thread and looked at by another.</summary>
    private sealed class SharedStream : MemoryStream
    {
        private readonly Lock _lock = new();

        public override void Write(byte[] buffer, int offset, int count)
        {
            lock (_lock) base.Write(buffer, offset, count);
        }

        public bool Holds(string text) => ToString().Contains(text, StringComparison.Ordinal);

        public override string ToString()
        {
            lock (_lock) return Encoding.UTF8.GetString(ToArray());
        }
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
