using System.Text.Json;
using Grpc.Core;
using Microsoft.AspNetCore.Http;

namespace NetSniff.Worker.Serve.Access;

/// <summary>Says no in the words of whoever asked: a gRPC status, or problem+json (RFC 9457).</summary>
internal static class Refusals
{
    private const string GrpcType = "application/grpc";

    public static Task WriteAsync(HttpContext context, StatusCode code, string detail)
    {
        var response = context.Response;
        if (context.Request.ContentType?.StartsWith(GrpcType, StringComparison.Ordinal) == true)
        {
            // Without a message the status travels as a header, which gRPC calls trailers alone.
            response.StatusCode = StatusCodes.Status200OK;
            response.ContentType = GrpcType;
            response.Headers["grpc-status"] = ((int)code).ToString(System.Globalization.CultureInfo.InvariantCulture);
            response.Headers["grpc-message"] = Uri.EscapeDataString(detail);
            return Task.CompletedTask;
        }

        var status = HttpStatus(code);
        response.StatusCode = status;
        response.ContentType = "application/problem+json";
        var problem = new Dictionary<string, object>
        {
            ["type"] = "about:blank",
            ["title"] = code.ToString(),
            ["status"] = status,
            ["detail"] = detail,
        };
        return response.Body.WriteAsync(JsonSerializer.SerializeToUtf8Bytes(problem), context.RequestAborted).AsTask();
    }

    public static int HttpStatus(StatusCode code) => code switch
    {
        StatusCode.InvalidArgument or StatusCode.OutOfRange => StatusCodes.Status400BadRequest,
        StatusCode.Unauthenticated => StatusCodes.Status401Unauthorized,
        StatusCode.PermissionDenied => StatusCodes.Status403Forbidden,
        StatusCode.NotFound => StatusCodes.Status404NotFound,
        StatusCode.ResourceExhausted => StatusCodes.Status429TooManyRequests,
        StatusCode.Unimplemented => StatusCodes.Status501NotImplemented,
        StatusCode.Unavailable => StatusCodes.Status503ServiceUnavailable,
        StatusCode.DeadlineExceeded => StatusCodes.Status504GatewayTimeout,
        _ => StatusCodes.Status500InternalServerError,
    };
}
