using System.Runtime.CompilerServices;
using NetSniff.Protocols.Grpc;

namespace NetSniff.Protocols.Http2;

/// <summary>One exchange while it is open.</summary>
internal sealed class Http2Stream
{
    public const int InterimStatusesMax = 8;

    public Http2Head Request = new();
    public Http2Head Response = new();
    public GrpcFraming RequestGrpc;
    public GrpcFraming ResponseGrpc;
    public DnsBody RequestDns = new();
    public DnsBody ResponseDns = new();

    public uint Id;

    /// <summary>Counts up as streams open: the lowest is the oldest.</summary>
    public long Sequence;

    /// <summary>First byte of the request, or of the response where that was not seen.</summary>
    public long StartNanos;

    /// <summary>End of the final response's head.</summary>
    public long HeadNanos;

    /// <summary>Last byte of the response.</summary>
    public long EndNanos;

    public ulong RequestBytes;
    public ulong ResponseBytes;
    public uint Status;
    public bool HasRequest;
    public bool HasResponse;
    public bool IsRequestEnded;
    public bool IsResponseEnded;
    public bool IsGrpc;

    /// <summary>The body is gRPC messages: not so the page of a proxy that could not reach the service.</summary>
    public bool IsRequestFramed;
    public bool IsResponseFramed;
    public bool IsPartial;
    public bool IsMalformed;
    public Http2Problem Problem;

    private InterimStatuses _interim;
    private int _interimCount;

    public ReadOnlySpan<ulong> Interim => ((ReadOnlySpan<ulong>)_interim)[.._interimCount];

    public void AddInterim(uint status)
    {
        if (_interimCount < InterimStatusesMax) _interim[_interimCount++] = status;
        else IsPartial = true;
    }

    public void TakeData(ReadOnlySpan<byte> bytes, Direction direction)
    {
        if (direction == Direction.ToServer)
        {
            RequestBytes += (uint)bytes.Length;
            if (IsRequestFramed) RequestGrpc.Take(bytes);
            if (RequestDns.IsWanted) RequestDns.Take(bytes);
        }
        else
        {
            ResponseBytes += (uint)bytes.Length;
            if (IsResponseFramed) ResponseGrpc.Take(bytes);
            if (ResponseDns.IsWanted) ResponseDns.Take(bytes);
        }
    }

    /// <summary>Data that was sent but not captured.</summary>
    public void SkipData(long count, Direction direction)
    {
        IsPartial = true;
        if (direction == Direction.ToServer)
        {
            RequestBytes += (ulong)count;
            if (IsRequestFramed) RequestGrpc.Skip(count);
            RequestDns.IsLost = true;
        }
        else
        {
            ResponseBytes += (ulong)count;
            if (IsResponseFramed) ResponseGrpc.Skip(count);
            ResponseDns.IsLost = true;
        }
    }

    public void Clear()
    {
        Request.Clear();
        Response.Clear();
        (RequestGrpc, ResponseGrpc) = (default, default);
        RequestDns.Clear();
        ResponseDns.Clear();
        (StartNanos, HeadNanos, EndNanos, RequestBytes, ResponseBytes, Status) = (0, 0, 0, 0, 0, 0);
        (HasRequest, HasResponse, IsRequestEnded, IsResponseEnded) = (false, false, false, false);
        (IsGrpc, IsRequestFramed, IsResponseFramed) = (false, false, false);
        (IsPartial, IsMalformed, Problem, _interimCount) = (false, false, Http2Problem.None, 0);
    }

    [InlineArray(InterimStatusesMax)]
    private struct InterimStatuses
    {
        private ulong _first;
    }
}
