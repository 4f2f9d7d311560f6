using System.Text.Json;
using System.Text.Json.Serialization;

namespace NetSniff.Cli.Commands.Servers;

/// <summary>Where the worker of this machine is and what lets one in: `netsniff up` writes it for the commands that
/// ask.</summary>
/// <param name="Address">`HOST:PORT`.</param>
/// <param name="Authority">Certificates that the worker's own is signed by, as PEM.</param>
internal sealed record ClientFile(
    [property: JsonPropertyName("address")] string Address,
    [property: JsonPropertyName("ca")] string Authority,
    [property: JsonPropertyName("token")] string Token)
{
    /// <summary>Lets have raw packets as well.</summary>
    [JsonPropertyName("packets_token")]
    public string? PacketsToken { get; init; }

    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>`$XDG_STATE_HOME/netsniff/client.json`.</summary>
    public static string DefaultPath
    {
        get
        {
            var state = Environment.GetEnvironmentVariable("XDG_STATE_HOME");
            if (string.IsNullOrEmpty(state))
            {
                state = Path.Combine(
                    Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".local", "state");
            }

            return Path.Combine(state, "netsniff", "client.json");
        }
    }

    /// <summary>Null when there is none.</summary>
    /// <exception cref="UsageException">It is there and says nothing.</exception>
    public static ClientFile? Read(string? path = null)
    {
        path ??= DefaultPath;
        try
        {
            using var file = File.OpenRead(path);
            return JsonSerializer.Deserialize(file, ClientFileJson.Default.ClientFile) is { Address.Length: > 0 } read
                ? read
                : throw new UsageException($"{path} names no worker; `netsniff up` writes it");
        }
        catch (Exception problem) when (problem is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (JsonException)
        {
            throw new UsageException($"{path} is not what `netsniff up` writes; name a worker by --server");
        }
    }

    /// <summary>Writes it whole, for the owner's eyes.</summary>
    public void Write(string? path = null)
    {
        path ??= DefaultPath;
        Storage.OwnerFolder.Make(Path.GetDirectoryName(path)!);
        var fresh = $"{path}.{Environment.ProcessId}";
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = OwnerOnly;
        using (var file = new FileStream(fresh, options))
        {
            JsonSerializer.Serialize(file, this, ClientFileJson.Default.ClientFile);
        }

        File.Move(fresh, path, overwrite: true);
    }

    /// <summary>Takes it away, if it is still this one.</summary>
    public void Remove(string? path = null)
    {
        path ??= DefaultPath;
        if (Read(path) == this) File.Delete(path);
    }
}

[JsonSerializable(typeof(ClientFile))]
internal sealed partial class ClientFileJson : JsonSerializerContext;
