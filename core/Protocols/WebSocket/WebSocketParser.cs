using NetSniff.Protocols.Http;
using NetSniff.Protocols.Http1;
using NetSniff.Records;

namespace NetSniff.Protocols.WebSocket;

/// <summary>WebSocket, RFC 6455: counts the frames of a connection and skips what they carry.</summary>
/// <remarks>Frames have no signature, so it is never found by its bytes: an HTTP upgrade leads here.</remarks>
public sealed class WebSocketParser : StreamParser, IProtocol
{
    /// <summary>Bytes kept of the handshake's target and of its host.</summary>
    public const int HandshakeTextMax = 4 * 1024;

    /// <summary>A frame said to be longer is not believed when looking for one after a gap.</summary>
    private const ulong SoughtBytesMax = 1 << 30;

    private readonly HeaderBook _handshake = new();
    private readonly ulong[] _opcodes = new ulong[WebSocketOpcode.Count];
    private readonly byte[] _reason = new byte[WebSocketFrame.ControlBytesMax];
    private Side _client;
    private Side _server;
    private TextSlice _uri;
    private TextSlice _host;
    private TextSlice _subprotocol;
    private ulong _masked;
    private ulong _messages;
    private ulong _fragmented;
    private int _reasonLength;
    private uint _closeCode;
    private bool _hasHandshake;
    private bool _isDeflateAgreed;
    private bool _isCompressed;
    private bool _isTold;
    private long _firstNanos;
    private long _lastNanos;
    private Flaw _flaw;
    private RecordTraits _traits;

    private enum Flaw : byte { None, Unmasked, Masked, ReservedBits, Opcode, ControlFrame, Length }

    private struct Side
    {
        public ulong Frames;
        public ulong Bytes;

        /// <summary>Payload still to come of the frame being skipped.</summary>
        public ulong Left;
        public bool IsLost;
    }

    public static ProtocolInfo Info { get; } = new(
        "websocket", Transport.Stream, Ports: [], HeldBytesMax: 512,
        "WebSocket: frames by opcode, bytes both ways, close code; found through the HTTP upgrade.");

    public static Verdict Probe(ReadOnlySpan<byte> bytes, Direction direction, ProbeHints hints) => Verdict.No;

    public override void Inherit(StreamParser previous, ParseContext context)
    {
        _firstNanos = context.NowNanos;
        if (previous is not Http1Parser http) return;

        IUpgradedRequest request = http;
        var answer = http.UpgradeAnswer;
        _hasHandshake = true;
        _uri = Keep(request.Uri);
        _host = Keep(request.Host);
        _subprotocol = Keep(answer[KnownHeader.WebSocketProtocol]);
        _isDeflateAgreed = answer[KnownHeader.WebSocketExtensions].IndexOf("permessage-deflate"u8) >= 0;
        _isCompressed = _isDeflateAgreed;
        if (request.StartNanos > 0) _firstNanos = request.StartNanos;
        if (_uri.Length == 0) _traits |= RecordTraits.Partial; // the answer was seen, and not the question
        if (http.IsClientTorn) TryResync(Direction.ToServer, missing: -1, context);
    }

    public override ParseResult Parse(ReadOnlySpan<byte> bytes, Direction direction, ParseContext context)
    {
        ref var side = ref direction == Direction.ToServer ? ref _client : ref _server;
        if (_firstNanos == 0) _firstNanos = context.NowNanos;
        _lastNanos = context.NowNanos;
        var position = 0;
        while (position < bytes.Length)
        {
            if (side.Left > 0)
            {
                var taken = (int)Math.Min(side.Left, (ulong)(bytes.Length - position));
                side.Left -= (ulong)taken;
                side.Bytes += (ulong)taken;
                position += taken;
                continue;
            }

            var rest = bytes[position..];
            var needed = WebSocketFrame.Read(rest, out var frame);
            if (needed > 0) return ParseResult.More(position, needed);

            if (side.IsLost)
            {
                // Frames mostly begin where segments do: the first bytes after a gap are tried, then the next ones.
                if (!IsLandmark(frame, rest, direction)) return ParseResult.Done(bytes.Length);
                side.IsLost = false;
            }

            var isWhole = frame.Opcode != WebSocketOpcode.Close || frame.Length > WebSocketFrame.ControlBytesMax
                || rest.Length >= frame.HeadBytes + (int)frame.Length;
            if (!isWhole) return ParseResult.More(position, frame.HeadBytes + (int)frame.Length);

            Count(frame, direction, ref side);
            if (_flaw > Flaw.Masked)
            {
                _traits |= RecordTraits.Malformed;
                Tell(context);
                return ParseResult.Finished(bytes.Length);
            }

            if (frame.Opcode == WebSocketOpcode.Close) ReadClose(frame, rest.Slice(frame.HeadBytes, (int)frame.Length));
            side.Left = frame.Length;
            position += frame.HeadBytes;
        }

        return ParseResult.Done(bytes.Length);
    }

    public override bool TryResync(Direction direction, long missing, ParseContext context)
    {
        ref var side = ref direction == Direction.ToServer ? ref _client : ref _server;
        _traits |= RecordTraits.Partial;
        if (missing >= 0 && (ulong)missing <= side.Left)
        {
            side.Left -= (ulong)missing;
            side.Bytes += (ulong)missing;
            return true;
        }

        side.Left = 0;
        side.IsLost = true;
        return true;
    }

    public override void End(ParseContext context) => Tell(context);

    public override void Reset()
    {
        _handshake.Reset();
        Array.Clear(_opcodes);
        _client = _server = default;
        _uri = _host = _subprotocol = default;
        _masked = _messages = _fragmented = 0;
        _reasonLength = 0;
        _closeCode = 0;
        _hasHandshake = _isDeflateAgreed = _isCompressed = _isTold = false;
        _firstNanos = _lastNanos = 0;
        _flaw = Flaw.None;
        _traits = RecordTraits.None;
    }

    private void Count(in WebSocketFrame frame, Direction direction, ref Side side)
    {
        side.Frames++;
        _opcodes[frame.Opcode]++;
        if (frame.IsMasked) _masked++;
        if (frame.HasFirstReserved) _isCompressed = true;
        if (!frame.IsControl && frame.IsFinal) _messages++;
        if (frame.Opcode is WebSocketOpcode.Text or WebSocketOpcode.Binary && !frame.IsFinal) _fragmented++;

        var flaw = FindFlaw(frame, direction);
        if (flaw > _flaw) _flaw = flaw;
        if (flaw != Flaw.None) _traits |= RecordTraits.Malformed;
    }

    private Flaw FindFlaw(in WebSocketFrame frame, Direction direction)
    {
        if (frame.Length > long.MaxValue) return Flaw.Length;
        if (frame.Opcode is (> 2 and < 8) or > 10) return Flaw.Opcode;
        if (frame.IsControl && (!frame.IsFinal || frame.Length > WebSocketFrame.ControlBytesMax))
        {
            return Flaw.ControlFrame;
        }

        // Without the handshake nobody knows what the first reserved bit was agreed to mean.
        if (frame.HasOtherReserved || (frame.HasFirstReserved && _hasHandshake && !_isDeflateAgreed))
        {
            return Flaw.ReservedBits;
        }

        // Section 5.1 forbids both, but tunnels save themselves the masking: told, and read on.
        if (direction == Direction.ToServer && !frame.IsMasked) return Flaw.Unmasked;
        return direction == Direction.ToClient && frame.IsMasked ? Flaw.Masked : Flaw.None;
    }

    /// <summary>A head whose frame ends where the bytes do, or has another behind it that may follow (section 5.4).
    /// Payload is full of bytes that could be a head, zeros above all, so one that is not final must begin something
    /// and be seen to go on.</summary>
    private bool IsLandmark(in WebSocketFrame frame, ReadOnlySpan<byte> bytes, Direction direction)
    {
        if (!IsPlausible(frame, direction)) return false;
        if (!frame.IsFinal && (frame.Opcode == WebSocketOpcode.Continuation || frame.Length == 0)) return false;

        var length = (ulong)frame.HeadBytes + frame.Length;
        if (length >= (ulong)bytes.Length) return frame.IsFinal;
        if (WebSocketFrame.Read(bytes[(int)length..], out var next) > 0) return frame.IsFinal;
        return IsPlausible(next, direction) && (frame.IsControl || next.IsControl
            || frame.IsFinal == (next.Opcode != WebSocketOpcode.Continuation));
    }

    private bool IsPlausible(in WebSocketFrame frame, Direction direction) =>
        FindFlaw(frame, direction) == Flaw.None && !frame.IsLengthPadded && frame.Length < SoughtBytesMax;

    /// <summary>Section 5.5.1: a code, then a reason in UTF-8.</summary>
    private void ReadClose(in WebSocketFrame frame, ReadOnlySpan<byte> payload)
    {
        if (_closeCode != 0 || payload.Length < 2) return;

        payload.CopyTo(_reason);
        if (frame.IsMasked)
        {
            for (var index = 0; index < payload.Length; index++)
            {
                _reason[index] ^= (byte)(frame.Mask >> (8 * (index & 3)));
            }
        }

        _closeCode = (uint)((_reason[0] << 8) | _reason[1]);
        _reasonLength = payload.Length;
    }

    private TextSlice Keep(ReadOnlySpan<byte> text) =>
        _handshake.Keep(text.Length > HandshakeTextMax ? text[..HandshakeTextMax] : text);

    private void Tell(ParseContext context)
    {
        if (_isTold) return;

        _isTold = true;
        if (_client.Left > 0 || _server.Left > 0 || !_hasHandshake || context.IsMidstream)
        {
            _traits |= RecordTraits.Partial;
        }

        var record = new WebSocketRecord
        {
            Uri = _handshake[_uri],
            Host = _handshake[_host],
            Subprotocol = _handshake[_subprotocol],
            Opcodes = _opcodes,
            Frames = _client.Frames + _server.Frames,
            FramesToServer = _client.Frames,
            FramesToClient = _server.Frames,
            BytesToServer = _client.Bytes,
            BytesToClient = _server.Bytes,
            Masked = _masked,
            Messages = _messages,
            Fragmented = _fragmented,
            IsCompressed = _isCompressed,
            CloseCode = _closeCode,
            CloseReason = _reasonLength > 2 ? _reason.AsSpan(2, _reasonLength - 2) : default,
            DurationNanos = Math.Max(_lastNanos - _firstNanos, 0),
            Problem = NameOf(_flaw),
        };
        context.Records.Emit(in record, _firstNanos, _traits);
    }

    private static ReadOnlySpan<byte> NameOf(Flaw flaw) => flaw switch
    {
        Flaw.Unmasked => "unmasked"u8,
        Flaw.Masked => "masked"u8,
        Flaw.ReservedBits => "reserved-bits"u8,
        Flaw.Opcode => "opcode"u8,
        Flaw.ControlFrame => "control-frame"u8,
        Flaw.Length => "length"u8,
        _ => default,
    };
}
