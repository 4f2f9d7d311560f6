using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using NetSniff.Packets;
using NetSniff.Pipeline;
using NetSniff.Protocols;
using NetSniff.Records;
using Xunit;

namespace NetSniff.Tests.Pipeline;

/// <summary>How many payloads are looked at, and which name stays.</summary>
public sealed unsafe class LabellingTests
{
    private const string Stun = "0001 0000 2112A442 000000000000000000000000";
    private const string SctpInit = "01 00 0014 00000001 00010000 000A FFFF 00000001";
    private const string SctpData = "00 03 0014 00000001 0000 0000 0000003C 00150000";

    [Fact]
    public void An_association_is_named_by_its_first_data_not_its_first_packet() => Assert.Equal(
        "ngap", LabelOf(Sctp(SctpInit), Sctp(SctpInit), Sctp(SctpData)));

    [Fact]
    public void Rtp_is_known_from_its_second_packet() => Assert.Equal("rtp", LabelOf(RtpAt(7), RtpAt(8)));

    /// <summary>What the labels remember of a flow lies where a parser keeps its own word.</summary>
    [Fact]
    public void A_flow_that_ends_after_one_such_packet_ends_quietly() => Assert.Equal("", LabelOf(RtpAt(7)));

    [Fact]
    public void A_parser_that_claims_the_flow_later_starts_with_a_clean_word() => Assert.Equal(
        "dns", LabelOf(RtpAt(7), Udp("0001 0100 0001 0000 0000 0000 03 777777 04 74657374 00 0001 0001", 5005)));

    [Fact]
    public void Media_that_follows_stun_does_not_rename_the_flow() => Assert.Equal(
        "stun", LabelOf(Udp(Stun, 5005), RtpAt(7), RtpAt(8)));

    [Fact]
    public void Only_the_first_datagrams_are_looked_at()
    {
        var silent = Enumerable.Repeat(Udp("EE", 5005), new ShardOptions().ProbeDatagramsMax).ToArray();
        Assert.Equal("", LabelOf([.. silent, Udp(Stun, 5005)]));
        Assert.Equal("stun", LabelOf([.. silent[1..], Udp(Stun, 5005)]));
    }

    private static byte[] RtpAt(int number) => Udp($"80 08 {number:X4} 00000010 11223344 00000000", 5005);

    private static byte[] Udp(string payload, ushort port)
    {
        var bytes = Hex.Bytes(payload);
        var header = new byte[8];
        BinaryPrimitives.WriteUInt16BigEndian(header, 40_000);
        BinaryPrimitives.WriteUInt16BigEndian(header.AsSpan(2), port);
        BinaryPrimitives.WriteUInt16BigEndian(header.AsSpan(4), (ushort)(8 + bytes.Length));
        return Ip(17, [.. header, .. bytes]);
    }

    private static byte[] Sctp(string chunks) =>
        Ip(132, [.. Hex.Bytes("9C40 960C 00000001 00000000"), .. Hex.Bytes(chunks)]);

    private static byte[] Ip(byte protocol, byte[] payload)
    {
        var header = Hex.Bytes("45 00 0000 0001 0000 40 00 0000 C0000201 C0000202");
        BinaryPrimitives.WriteUInt16BigEndian(header.AsSpan(2), (ushort)(header.Length + payload.Length));
        header[9] = protocol;
        return [.. header, .. payload];
    }

    private static string LabelOf(params byte[][] packets)
    {
        var labels = new FlowLabels();
        using var shard = new Shard(new ShardOptions { FlowsMax = 1024 }, labels);
        for (var index = 0; index < packets.Length; index++)
        {
            fixed (byte* data = packets[index])
            {
                var length = packets[index].Length;
                shard.Run([new Frame((nint)data, length, length, 1_000_000L * (index + 1), LinkType.Raw)]);
            }
        }

        shard.Finish();
        return Assert.Single(labels.Names);
    }

    private sealed class FlowLabels : RecordConsumer
    {
        public List<string> Names { get; } = [];

        public override void Consume(ReadOnlySpan<byte> records, int count)
        {
            while (!records.IsEmpty)
            {
                ref readonly var header = ref Unsafe.As<byte, RecordHeader>(ref MemoryMarshal.GetReference(records));
                if (RecordKinds.All[header.Kind].Info.Name == "flow") Names.Add(Apps.Name(header.App));
                records = records[header.Length..];
            }
        }
    }
}
