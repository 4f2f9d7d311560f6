using NetSniff.Packets;
using NetSniff.Pipeline;
using NetSniff.Protocols;
using NetSniff.Records;
using NetSniff.Tests.Packets;

namespace NetSniff.Tests.Pipeline;

/// <summary>A shard and frames made by hand for it, with time in milliseconds.</summary>
internal sealed unsafe class Wire : IDisposable
{
    public const long Milli = 1_000_000;

    private readonly Collector _records = new();

    public Wire(ShardOptions? options = null) =>
        Shard = new Shard(options ?? new ShardOptions { FlowsMax = 4096 }, _records);

    public Shard Shard { get; }

    public long NowMillis { get; set; } = 1_000_000;

    /// <summary>What was told so far, as `name=value` lines.</summary>
    public List<string> Records
    {
        get
        {
            Shard.Records.Flush();
            return _records.Lines;
        }
    }

    /// <summary>What each flow was called that was told of so far.</summary>
    public List<string> Names
    {
        get
        {
            Shard.Records.Flush();
            return _records.Names;
        }
    }

    public void Dispose() => Shard.Dispose();

    public Wire Tcp(
        char direction, TcpFlags flags, uint sequence, uint acknowledgement = 1, string text = "", ushort port = 40000,
        ushort serverPort = 8080)
    {
        var bytes = System.Text.Encoding.Latin1.GetBytes(text);
        var isBack = direction == '<';
        var segment = FrameBytes.Tcp(
            bytes, flags, sequence, acknowledgement, isBack ? serverPort : port, isBack ? port : serverPort);
        return Run(FrameBytes.Ipv4(6, segment, isBack ? FrameBytes.Server : null, isBack ? FrameBytes.Client : null));
    }

    public Wire Udp(char direction, byte[] bytes, ushort port = 40000, ushort serverPort = 53)
    {
        var isBack = direction == '<';
        var datagram = FrameBytes.Udp(bytes, isBack ? serverPort : port, isBack ? port : serverPort);
        return Run(FrameBytes.Ipv4(17, datagram, isBack ? FrameBytes.Server : null, isBack ? FrameBytes.Client : null));
    }

    /// <summary>One raw IP datagram, a millisecond after the last.</summary>
    public Wire Run(byte[] datagram)
    {
        NowMillis++;
        fixed (byte* data = datagram)
        {
            Shard.Run([new Frame((nint)data, datagram.Length, datagram.Length, NowMillis * Milli, LinkType.Raw)]);
        }

        return this;
    }

    /// <summary>SYN, SYN-ACK, ACK: the client's next byte is 101, the server's 501.</summary>
    public Wire Handshake(ushort port = 40000) => Tcp('>', TcpFlags.Syn, 100, 0, port: port)
        .Tcp('<', TcpFlags.Syn | TcpFlags.Ack, 500, 101, port: port).Tcp('>', TcpFlags.Ack, 101, 501, port: port);

    public Wire Wait(TimeSpan time)
    {
        NowMillis += (long)time.TotalMilliseconds;
        Shard.Advance(NowMillis * Milli);
        return this;
    }

    public List<string> Finish()
    {
        Shard.Finish();
        return _records.Lines;
    }

    private sealed class Collector : RecordConsumer
    {
        public List<string> Lines { get; } = [];

        public List<string> Names { get; } = [];

        public override void Consume(ReadOnlySpan<byte> records, int count)
        {
            foreach (var record in new RecordWalker(records))
            {
                Lines.Add(TestRecords.Line(record));
                if (record.Schema.Info.Name == "flow") Names.Add(Apps.Name(record.Header.App));
            }
        }
    }
}
