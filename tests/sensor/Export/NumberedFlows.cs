using NetSniff.Flows;
using NetSniff.Packets;
using NetSniff.Records;

namespace NetSniff.Tests.Sensor.Export;

/// <summary>Flow records whose ids are 1, 2, 3 …, each of a connection of its own.</summary>
internal sealed class NumberedFlows
{
    private readonly RecordSink _sink;

    public NumberedFlows(RecordConsumer consumer) => _sink = new RecordSink(1 << 18, consumer);

    public ulong Last { get; private set; }

    public void Emit(int count, ulong first)
    {
        Last = first - 1;
        Emit(count);
    }

    public void Emit(int count)
    {
        for (; count > 0; count--)
        {
            var id = ++Last;
            ref var head = ref _sink.Context;
            head.FlowId = id;
            head.Client = Address.FromV4((uint)(10 | id * 2654435761 << 8));
            head.Server = Address.FromV4(0x0100000a + (uint)(id % 50 << 24));
            head.ClientPort = (ushort)(1024 + id % 60_000);
            head.ServerPort = 443;
            head.Protocol = IpProtocol.Tcp;
            var nanos = 1_700_000_000_000_000_000 + (long)id * 1_000;
            var record = new FlowRecord
            {
                FirstNanos = nanos,
                LastNanos = nanos + (long)(id % 1000) * 1_000_000,
                PacketsToServer = id % 40,
                PacketsToClient = id % 90,
                BytesToServer = id % 40 * 80,
                BytesToClient = id % 90 * 1200,
                PayloadToServer = id % 40 * 20,
                PayloadToClient = id % 90 * 1140,
                End = FlowEnd.Finished,
                IsTcp = true,
                State = TcpState.Closed,
            };
            _sink.Emit(in record, nanos);
        }

        _sink.Flush();
    }
}
