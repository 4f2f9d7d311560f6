using System.Net.Sockets;

namespace NetSniff.Cli.Hosting;

/// <summary>Says of a port that cannot be had which option names it.</summary>
internal static class Opening
{
    /// <exception cref="IOException">It cannot be had; the text says why and what helps.</exception>
    public static async Task<T> AtAsync<T>(string option, object endpoint, Task<T> opening)
    {
        try
        {
            return await opening.ConfigureAwait(false);
        }
        catch (Exception problem) when (problem is IOException or SocketException)
        {
            throw new IOException($"{option} {endpoint}: {Why(problem)}", problem);
        }
    }

    public static Task AtAsync(string option, object endpoint, Task opening) =>
        AtAsync(option, endpoint, WithResult(opening));

    private static async Task<bool> WithResult(Task opening)
    {
        await opening.ConfigureAwait(false);
        return true;
    }

    private static string Why(Exception problem)
    {
        for (var cause = problem; cause is not null; cause = cause.InnerException)
        {
            if (cause is not SocketException socket) continue;

            return socket.SocketErrorCode switch
            {
                SocketError.AddressAlreadyInUse =>
                    "another program listens there, perhaps another netsniff; end it, or give another port",
                SocketError.AddressNotAvailable => "no interface of this machine has that address",
                SocketError.AccessDenied => "ports below 1024 need root or the capability net_bind_service",
                _ => socket.Message,
            };
        }

        return problem.Message;
    }
}
