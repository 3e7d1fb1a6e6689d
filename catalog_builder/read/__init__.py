"""The files of a package → headers, texts, valid area; what the packages of a track share."""
