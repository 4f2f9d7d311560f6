using System.Security.Cryptography;
using NetSniff.Cli.Hosting;

namespace NetSniff.Cli.Commands.Up;

/// <summary>A private authority and two tokens, made once: nobody else on this machine is let in.</summary>
internal static class UpSecrets
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const int TokenBytes = 24;

    private static readonly TimeSpan s_lifetime = TimeSpan.FromDays(3650);

    /// <summary>Makes what is missing, or was cut short by a kill. The folder is the owner's alone from then on.
    /// </summary>
    public static (string Authority, string Token, string PacketsToken) In(
        string folder, WorkerSettings settings, DateTimeOffset now)
    {
        Directory.CreateDirectory(folder);
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(folder, OwnerOnly | UnixFileMode.UserExecute);
        var paths = settings.Certificates;
        if (!File.Exists(paths.Authority) || !File.Exists(paths.Certificate) || !File.Exists(paths.Key))
        {
            using var authority = Wire.Security.Certificates.NewAuthority("netsniff up", now, s_lifetime);
            authority.IssueTo(
                Path.GetDirectoryName(paths.Key)!, UpArguments.WorkerName, "localhost", "127.0.0.1", "::1");
        }

        var token = settings.TokenFile!;
        if (!File.Exists(token)) WriteToken(token);
        var packets = settings.PacketsTokenFile!;
        if (!File.Exists(packets)) WriteToken(packets);
        return (File.ReadAllText(paths.Authority), Read(token), Read(packets));
    }

    private static string Read(string path) => File.ReadAllText(path).Trim();

    private static void WriteToken(string path)
    {
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = OwnerOnly;
        using (var file = new StreamWriter(path + ".new", options))
        {
            file.Write(Convert.ToHexString(RandomNumberGenerator.GetBytes(TokenBytes)));
        }

        File.Move(path + ".new", path, overwrite: true);
    }
}
