namespace NetSniff.Tests.Protocols;

/// <summary>Bytes as an attacker or a broken sender might have them.</summary>
internal static class Mutations
{
    private static readonly byte[] s_edges = [0x00, 0x01, 0x7F, 0x80, 0xFE, 0xFF];

    public static byte[] Of(byte[] bytes, Random random)
    {
        List<byte> changed = [.. bytes];
        for (var count = random.Next(1, 5); count > 0 && changed.Count > 0; count--)
        {
            var at = random.Next(changed.Count);
            switch (random.Next(6))
            {
                case 0: changed[at] ^= (byte)(1 << random.Next(8)); break;
                case 1: changed[at] = s_edges[random.Next(s_edges.Length)]; break;
                case 2: changed.RemoveRange(at, Math.Min(random.Next(1, 20), changed.Count - at)); break;
                case 3: changed.InsertRange(at, new byte[random.Next(1, 20)]); break;
                case 4: changed.InsertRange(at, changed[..Math.Min(random.Next(1, 60), changed.Count)]); break;
                default: changed.RemoveRange(at, changed.Count - at); break;
            }
        }

        return changed.Count > 0 ? [.. changed] : [0];
    }
}
