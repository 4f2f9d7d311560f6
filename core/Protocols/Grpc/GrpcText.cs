using System.Buffers.Text;

namespace NetSniff.Protocols.Grpc;

/// <summary>What gRPC writes into HTTP/2 header fields.</summary>
internal static class GrpcText
{
    /// <summary>`application/grpc`, `application/grpc+proto`, `application/grpc-web+json` …</summary>
    public static bool IsGrpc(ReadOnlySpan<byte> contentType) => contentType.StartsWith("application/grpc"u8);

    /// <summary>Whether the body of a call is messages as they are: gRPC-Web's text form wraps them in base64.
    /// </summary>
    public static bool IsFramed(ReadOnlySpan<byte> contentType) =>
        IsGrpc(contentType) && !contentType.StartsWith("application/grpc-web-text"u8);

    /// <summary>Splits `/package.Service/Method`. Neither is set for a path of another shape.</summary>
    public static void SplitPath(
        ReadOnlySpan<byte> path, out ReadOnlySpan<byte> service, out ReadOnlySpan<byte> method)
    {
        service = default;
        method = default;
        if (path is not [(byte)'/', ..]) return;

        // A prefix before the service (a gateway's mount point) stays with it.
        var slash = path.LastIndexOf((byte)'/');
        if (slash == 0 || slash == path.Length - 1) return;

        service = path[1..slash];
        method = path[(slash + 1)..];
    }

    /// <summary>Decimal, without sign or zeros before it; other texts are no status.</summary>
    public static bool TryReadStatus(ReadOnlySpan<byte> text, out uint status) =>
        Utf8Parser.TryParse(text, out status, out var used) && used == text.Length;

    /// <summary>Undoes the percent-encoding of `grpc-message`. Invalid escapes stay as they are, as the specification
    /// asks.</summary>
    /// <returns>Bytes written; what does not fit is cut.</returns>
    public static int DecodeMessage(ReadOnlySpan<byte> text, Span<byte> target)
    {
        var length = 0;
        for (var index = 0; index < text.Length && length < target.Length; index++)
        {
            var isEscape = text[index] == (byte)'%' && index + 2 < text.Length;
            if (isEscape && Utf8Parser.TryParse(text.Slice(index + 1, 2), out byte octet, out var used, 'X')
                && used == 2)
            {
                target[length++] = octet;
                index += 2;
                continue;
            }

            target[length++] = text[index];
        }

        return length;
    }
}
