using System.Buffers;
using Google.Protobuf;
using NetSniff.Packets;
using NetSniff.Wire.Control;
using NetSniff.Wire.V1;

namespace NetSniff.Worker.Serve.Cutting;

/// <summary>One answer being written: packets into the file, the file into pieces, until a limit.</summary>
internal sealed class PacketAnswering(
    PacketSelection selection, ICutFile file, ArrayBufferWriter<byte> buffer, IAnswers<PacketsAnswer> answers,
    PacketCounters counters)
{
    /// <summary>Bytes of one answer.</summary>
    private const int PieceBytes = 256 * 1024;

    private Packet _packet;
    private ulong _told;

    public ulong Packets => file.Packets;

    public ulong Bytes { get; private set; }

    /// <summary>Which limit ended it; null while none did.</summary>
    public string? Limit { get; private set; }

    /// <summary>The limit is ours: there may be more than was given.</summary>
    public bool IsCut { get; private set; }

    /// <returns>False when this was the last one that is wanted.</returns>
    public bool Take(PacketSource source)
    {
        source.Packets.Lend(frame =>
            file.Write(source.Way.Node, source.Packets.Interface, Shortened(in frame)));
        if (file.Packets >= selection.PacketsMax) Stop("packets", selection.PacketsMax, selection.IsOurPackets);
        else if (Bytes + (ulong)buffer.WrittenCount >= selection.BytesMax)
        {
            Stop("bytes", selection.BytesMax, selection.IsOurBytes);
        }

        return Limit is null;
    }

    public bool IsPieceFull => buffer.WrittenCount >= PieceBytes;

    public async Task FlushAsync(CancellationToken cancel)
    {
        if (buffer.WrittenCount == 0) return;

        var piece = ByteString.CopyFrom(buffer.WrittenSpan);
        buffer.ResetWrittenCount();
        Bytes += (ulong)piece.Length;
        counters.Gave(file.Packets - _told, piece.Length);
        _told = file.Packets;
        await answers.WriteAsync(Answer(piece), cancel).ConfigureAwait(false);
    }

    public Task FinishAsync(Completeness completeness, CancellationToken cancel) => answers.WriteAsync(
        new PacketsAnswer { Completeness = completeness, Packets = Packets, Bytes = Bytes }, cancel);

    /// <summary>As much of a packet as is wanted of it; of one that cannot be read, no more than its link's header.
    /// </summary>
    private Frame Shortened(in Frame frame)
    {
        const int LinkHeader = 14;
        var length = Math.Min(frame.CapturedLength, selection.SnapLength);
        if (selection.IsHeadersOnly)
        {
            PacketDecoder.Decode(in frame, ref _packet);
            var headers = _packet.Status == DecodeStatus.Ok ? _packet.PayloadOffset : LinkHeader;
            length = Math.Min(length, headers);
        }

        return length == frame.CapturedLength ? frame : frame with { CapturedLength = length };
    }

    private PacketsAnswer Answer(ByteString piece) => new() { Pcapng = piece, Packets = Packets, Bytes = Bytes };

    private void Stop(string what, ulong limit, bool isOurs)
    {
        Limit = isOurs ? $"the worker's limit of {limit} {what}" : $"{limit} {what}, as asked for";
        IsCut = isOurs;
    }
}
