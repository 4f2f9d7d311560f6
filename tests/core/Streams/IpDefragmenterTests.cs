using NetSniff.Packets;
using NetSniff.Streams;
using NetSniff.Tests.Packets;

namespace NetSniff.Tests.Streams;

public sealed unsafe class IpDefragmenterTests
{
    private const long Second = 1_000_000_000;

    private readonly IpDefragmenter _pieces = new(datagramsMax: 8, bytesMax: 64 * 1024);

    [Theory]
    [InlineData(0, 1, 2)]
    [InlineData(2, 1, 0)]
    [InlineData(1, 2, 0)]
    [InlineData(2, 0, 1)]
    public void Pieces_in_any_order_make_the_datagram(int first, int second, int third)
    {
        var datagram = Numbers(1200);
        (int Offset, int Length)[] cuts = [(0, 512), (512, 512), (1024, 176)];
        foreach (var index in new[] { first, second })
        {
            Assert.Equal(DefragResult.Held, Add(datagram, cuts[index].Offset, cuts[index].Length, out _));
        }

        Assert.Equal(DefragResult.Complete, Add(datagram, cuts[third].Offset, cuts[third].Length, out var whole));
        Assert.Equal(datagram, Bytes(whole));
        Assert.Equal((DatagramFate.Reassembled, 3, false), (whole.Fate, whole.Packets, whole.IsConflicting));
        AssertBalanced();
        Assert.Equal(0, _pieces.HeldBytes);
    }

    [Fact]
    public void Bytes_that_came_first_win_and_the_conflict_is_told()
    {
        var first = Numbers(64);
        var second = Numbers(64);
        second.AsSpan().Fill(0xEE);
        Add(first, 8, 16, out _);
        Add(second, 0, 32, out _);
        Assert.Equal(DefragResult.Complete, Add(first, 32, 32, out var whole));
        byte[] wanted = [.. second[..8], .. first[8..24], .. second[24..32], .. first[32..]];
        Assert.Equal(wanted, Bytes(whole));
        Assert.True(whole.IsConflicting);
        Assert.Equal((1, 1), (_pieces.Counters.Overlaps, _pieces.Counters.Conflicts));
    }

    [Fact]
    public void Overlap_spoils_a_version_six_datagram_but_a_repeat_does_not()
    {
        var datagram = Numbers(64);
        Add(datagram, 0, 32, out _, isSix: true);
        Add(datagram, 0, 32, out _, isSix: true);
        Assert.Equal(DefragResult.Complete, Add(datagram, 32, 32, out _, isSix: true));

        Add(datagram, 0, 32, out _, isSix: true, id: 2);
        Add(datagram, 24, 16, out _, isSix: true, id: 2);
        Assert.Equal(DefragResult.Held, Add(datagram, 32, 32, out _, isSix: true, id: 2));
        Assert.True(_pieces.TryTakeRest(out var given));
        Assert.Equal((DatagramFate.Ended, 3), (given.Fate, given.Packets));
        AssertBalanced();
    }

    [Fact]
    public void A_repeat_after_the_whole_is_late_and_counts_alone()
    {
        var datagram = Numbers(64);
        Add(datagram, 0, 32, out _);
        Add(datagram, 32, 32, out _);
        Assert.Equal(DefragResult.Late, Add(datagram, 32, 32, out var late));
        Assert.Equal((DatagramFate.Late, 1), (late.Fate, late.Packets));
        AssertBalanced();
    }

    /// <summary>A sender that does not count its datagrams, to one port: length or checksum tell them apart.</summary>
    [Fact]
    public void Another_first_piece_under_the_same_number_is_another_datagram()
    {
        var datagram = Numbers(64);
        Add(datagram, 0, 32, out _);
        Add(datagram, 32, 32, out _);
        var next = Numbers(64);
        next[7]++;
        Assert.Equal(DefragResult.Held, Add(next, 0, 32, out _));
        Assert.Equal(DefragResult.Complete, Add(next, 32, 32, out var whole));
        Assert.Equal(next, Bytes(whole));
        AssertBalanced();
    }

    [Fact]
    public void Time_and_room_run_out()
    {
        var datagram = Numbers(64);
        Add(datagram, 0, 32, out _, id: 1, nanos: Second);
        Assert.False(_pieces.TryTakeIncomplete(Second + IpDefragmenter.GatherNanosMax, out _));
        Assert.True(_pieces.TryTakeIncomplete(Second + IpDefragmenter.GatherNanosMax + 1, out var timedOut));
        Assert.Equal(DatagramFate.TimedOut, timedOut.Fate);

        for (uint id = 10; id < 19; id++) Add(datagram, 0, 32, out _, id: id, nanos: Second);
        Assert.Equal(8, _pieces.Gathering);
        Assert.True(_pieces.TryTakeIncomplete(Second, out var evicted));
        Assert.Equal((DatagramFate.Evicted, 10u), (evicted.Fate, evicted.FragmentId));
        Assert.Equal(FrameBytes.ClientPort, evicted.SourcePort);
        while (_pieces.TryTakeRest(out _)) { }
        AssertBalanced();
        Assert.Equal(0, _pieces.HeldBytes);
    }

    [Fact]
    public void A_flood_of_pieces_stays_within_its_bytes()
    {
        var random = new Random(8200);
        var datagram = Numbers(60_000);
        for (var count = 0; count < 3000; count++)
        {
            var offset = random.Next(50_000) & ~7;
            Add(datagram, offset, 8 * random.Next(1, 180), out _, id: (uint)random.Next(6), nanos: Second + count);
            Assert.InRange(_pieces.HeldBytes, 0, 64 * 1024);
            while (_pieces.TryTakeIncomplete(Second + count, out _)) { }
        }

        while (_pieces.TryTakeRest(out _)) { }
        AssertBalanced();
    }

    [Fact]
    public void Too_far_too_many_and_cut_pieces_spoil_and_count()
    {
        var datagram = Numbers(64);
        var piece = Piece(datagram, 0, 64, 65_528, isLast: false, isSix: false, id: 1, nanos: Second);
        _pieces.Add(in piece, out _);
        Assert.Equal(1, _pieces.Counters.TooLarge);
        piece = Piece(datagram, 0, 64, 0, isLast: false, isSix: false, id: 2, nanos: Second);
        piece.PayloadLength = 8;
        _pieces.Add(in piece, out _);
        Assert.Equal(1, _pieces.Counters.Cut);
        for (var count = 0; count <= IpDefragmenter.PiecesMax; count++) Add(datagram, 0, 8, out _, id: 3);
        Assert.Equal(1, _pieces.Counters.TooMany);
        while (_pieces.TryTakeRest(out _)) { }
        AssertBalanced();
    }

    private static byte[] Numbers(int count) => [.. Enumerable.Range(0, count).Select(number => (byte)(number * 7))];

    private static byte[] Bytes(in Datagram datagram) =>
        new ReadOnlySpan<byte>(datagram.Data, datagram.Length).ToArray();

    private void AssertBalanced()
    {
        var counters = _pieces.Counters;
        Assert.Equal(
            counters.Pieces,
            counters.WholePieces + counters.LatePieces + counters.IncompletePieces + counters.UncreditedPieces
                + counters.HeldPieces);
        Assert.Equal(0, counters.HeldPieces);
    }

    private DefragResult Add(
        byte[] datagram, int offset, int length, out Datagram whole, bool isSix = false, uint id = 1,
        long nanos = Second)
    {
        length = Math.Min(length, datagram.Length - offset);
        fixed (byte* data = datagram)
        {
            var piece = Piece(datagram, offset, length, offset, offset + length == datagram.Length, isSix, id, nanos);
            piece.Data = data;
            return _pieces.Add(in piece, out whole);
        }
    }

    private static Packet Piece(
        byte[] datagram, int dataOffset, int length, int offset, bool isLast, bool isSix, uint id, long nanos)
    {
        Packet piece = default;
        fixed (byte* data = datagram) piece.Data = data;
        piece.Source = isSix ? new Address(0xFD, 1) : Address.FromBytes(FrameBytes.Client);
        piece.Target = isSix ? new Address(0xFD, 2) : Address.FromBytes(FrameBytes.Server);
        piece.Protocol = IpProtocol.Udp;
        piece.FragmentId = id;
        piece.FragmentOffset = offset;
        piece.PayloadOffset = dataOffset;
        piece.PayloadLength = piece.PayloadWireLength = length;
        piece.WireLength = length + 34;
        piece.TimeNanos = nanos;
        piece.Traits = isLast ? PacketTraits.Fragment : PacketTraits.Fragment | PacketTraits.MoreFragments;
        if (offset == 0) (piece.SourcePort, piece.TargetPort) = (FrameBytes.ClientPort, FrameBytes.ServerPort);
        return piece;
    }
}
