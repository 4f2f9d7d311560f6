using NetSniff.Buffers;
using NetSniff.Protocols.Tls;

namespace NetSniff.Protocols.Dtls;

/// <summary>A handshake message that comes in pieces, of which the type is wanted.</summary>
internal sealed class DtlsMessage
{
    private readonly PieceBuffer _pieces = new(TlsParser.MessageBytesMax);
    private int _length;
    private ushort _number;

    /// <summary>Adds a piece.</summary>
    /// <param name="message">The message, once all of it is there.</param>
    /// <returns>False at a limit.</returns>
    public bool TryAdd(
        DtlsFragment fragment, ReadOnlySpan<byte> bytes, BufferPool pool, out ReadOnlySpan<byte> message)
    {
        message = default;
        if (fragment.Number != _number || fragment.MessageLength != _length) _pieces.Reset(pool);
        (_number, _length) = (fragment.Number, fragment.MessageLength);
        if (!_pieces.TryAdd(fragment.Start, bytes, pool)) return false;
        if (_pieces.Start.Length == _length) message = _pieces.Start;
        return true;
    }

    public void Reset(BufferPool pool)
    {
        _pieces.Reset(pool);
        (_length, _number) = (0, 0);
    }
}

/// <summary>What is remembered of a flow until its handshake went private. Pooled.</summary>
internal sealed class DtlsConnection : FlowState
{
    public HandshakeTimes Times;
    public int Datagrams;
    public bool IsClientSealed;
    public bool IsServerSealed;

    /// <summary>The capture left out the end of a datagram that was looked at.</summary>
    public bool IsCut;

    public TlsHandshake Handshake { get; } = new();

    public DtlsMessage ClientHello { get; } = new();

    public DtlsMessage ServerHello { get; } = new();

    public DtlsMessage Certificate { get; } = new();

    public bool HasHello => Handshake.HasClientHello || Handshake.HasAnswer;

    public void Reset(BufferPool pool)
    {
        Handshake.Reset();
        ClientHello.Reset(pool);
        ServerHello.Reset(pool);
        Certificate.Reset(pool);
        (Times, Datagrams, IsClientSealed, IsServerSealed, IsCut) = (default, 0, false, false, false);
    }
}
